using System.Collections;

namespace Fabric.Avro;

/// <summary>
/// The records of an array field. <see cref="Clear"/> keeps the record objects, and <see cref="Add()"/> hands them out again:
/// a record that is read or built over and over allocates nothing once it has seen its largest array.
/// </summary>
/// <remarks>Not thread-safe. A record obtained from the list is overwritten after the next <see cref="Clear"/>: copy what must live on.</remarks>
public sealed class RecordList<T> : IReadOnlyList<T>
    where T : class, new()
{
    private T[] _items = [];

    public int Count { get; private set; }

    public T this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return _items[index];
        }
    }

    /// <summary>Appends a record and returns it. It may hold values of an earlier use: set every field.</summary>
    public T Add()
    {
        EnsureRoom();
        return _items[Count++] ??= new T();
    }

    /// <summary>Appends a record of the caller's; the list keeps it and may hand it out again after <see cref="Clear"/>.</summary>
    public void Add(T item)
    {
        ArgumentNullException.ThrowIfNull(item);
        EnsureRoom();
        _items[Count++] = item;
    }

    /// <summary>Takes the last record back; its object is handed out again by the next <see cref="Add()"/>.</summary>
    public void RemoveLast()
    {
        ArgumentOutOfRangeException.ThrowIfZero(Count);
        Count--;
    }

    /// <summary>Forgets the records' order and keeps the objects.</summary>
    public void Clear() => Count = 0;

    /// <summary>The records in order. Valid until the next add or clear.</summary>
    public ReadOnlySpan<T> AsSpan() => _items.AsSpan(0, Count);

    public ReadOnlySpan<T>.Enumerator GetEnumerator() => AsSpan().GetEnumerator();

    IEnumerator<T> IEnumerable<T>.GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
        {
            yield return _items[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => ((IEnumerable<T>)this).GetEnumerator();

    private void EnsureRoom()
    {
        if (Count == _items.Length)
        {
            Array.Resize(ref _items, Math.Max(4, _items.Length * 2));
        }
    }
}

#pragma warning disable CS8714 // Key types are not declared non-null: a record without a key never reaches a store.
using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fabric.Streams.State;

/// <summary>
/// Keyed state in a dictionary. An entry carries its own dirty mark, so that a read-modify-write costs two look-ups and no
/// more; a deleted entry stays, marked absent, until its tombstone is in the changelog.
/// </summary>
internal sealed class InMemoryKeyValueStore<K, V>(
    string name, ISerde<K> keySerde, ISerde<V> valueSerde, bool isLogged) : StateStore(name, isLogged), IKeyValueStore<K, V>,
    IKeyedState<K, V>
{
    private readonly Dictionary<K, Slot> _slots = new(Comparers.Of<K>());
    private readonly List<K> _dirty = [];
    private readonly List<Undo> _undo = [];
    private readonly ArrayBufferWriter<byte> _keyBytes = new();
    private readonly ArrayBufferWriter<byte> _valueBytes = new();
    private SerdeContext _keyContext;
    private SerdeContext _valueContext;
    private IStoreOwner? _owner;
    private long _present;

    private struct Slot
    {
        public V Value;
        public long TimestampMs;
        public bool IsPresent;
        public bool IsDirty;
    }

    private readonly record struct Undo(K Key, Slot Before);

    public override long Entries => _present;

    public long Count => _present;

    public override void Attach(IStoreOwner owner)
    {
        _owner = owner;
        _keyContext = new SerdeContext(owner.TopicOf(this), true);
        _valueContext = new SerdeContext(owner.TopicOf(this), false);
    }

    public bool TryGet(K key, [MaybeNullWhen(false)] out V value) => TryGet(key, out value, out _);

    public bool TryGet(K key, [MaybeNullWhen(false)] out V value, out long timestampMs)
    {
        if (_slots.TryGetValue(key, out Slot slot) && slot.IsPresent)
        {
            value = slot.Value;
            timestampMs = slot.TimestampMs;
            return true;
        }

        value = default;
        timestampMs = -1;
        return false;
    }

    public IEnumerable<KeyValuePair<K, V>> All()
    {
        foreach ((K key, Slot slot) in _slots)
        {
            if (slot.IsPresent)
            {
                yield return new KeyValuePair<K, V>(key, slot.Value);
            }
        }
    }

    public void Put(K key, V value) => Put(key, value, _owner!.CurrentTimestampMs);

    public void Put(K key, V value, long timestampMs)
    {
        if (value is null)
        {
            Delete(key, timestampMs);
            return;
        }

        ref Slot slot = ref CollectionsMarshal.GetValueRefOrAddDefault(_slots, key, out _);
        MarkChanged(key, ref slot);
        _present += slot.IsPresent ? 0 : 1;
        slot.Value = value;
        slot.TimestampMs = timestampMs;
        slot.IsPresent = true;
    }

    public bool PutIfAbsent(K key, V value)
    {
        if (TryGet(key, out _))
        {
            return false;
        }

        Put(key, value);
        return true;
    }

    public bool Delete(K key) => Delete(key, _owner!.CurrentTimestampMs);

    public bool Delete(K key, long timestampMs)
    {
        ref Slot slot = ref CollectionsMarshal.GetValueRefOrNullRef(_slots, key);
        if (Unsafe.IsNullRef(ref slot) || !slot.IsPresent)
        {
            return false;
        }

        MarkChanged(key, ref slot);
        _present--;
        slot.Value = default!;
        slot.TimestampMs = timestampMs;
        slot.IsPresent = false;
        return true;
    }

    public override void Restore(byte[] key, byte[]? value, long timestampMs)
    {
        K restored = keySerde.Read(key, _keyContext);
        if (value is null)
        {
            _present -= _slots.Remove(restored, out Slot removed) && removed.IsPresent ? 1 : 0;
            return;
        }

        V decoded = valueSerde.Read(value, _valueContext);
        ref Slot slot = ref CollectionsMarshal.GetValueRefOrAddDefault(_slots, restored, out bool existed);
        _present += existed && slot.IsPresent ? 0 : 1;
        slot = new Slot { Value = decoded, TimestampMs = timestampMs, IsPresent = true };
    }

    public override void FlushChangelog(IChangelogSink sink)
    {
        foreach (K key in _dirty)
        {
            ref Slot slot = ref CollectionsMarshal.GetValueRefOrNullRef(_slots, key);
            slot.IsDirty = false;
            if (IsLogged)
            {
                Write(sink, key, slot);
            }

            if (!slot.IsPresent)
            {
                _slots.Remove(key);
            }
        }

        _dirty.Clear();
    }

    public override void Clear()
    {
        _slots.Clear();
        _dirty.Clear();
        _undo.Clear();
        _present = 0;
    }

    public override void AcceptChanges() => _undo.Clear();

    public override void RejectChanges()
    {
        for (int i = _undo.Count - 1; i >= 0; i--)
        {
            Undo undo = _undo[i];
            ref Slot slot = ref CollectionsMarshal.GetValueRefOrNullRef(_slots, undo.Key);
            _present += (undo.Before.IsPresent ? 1 : 0) - (slot.IsPresent ? 1 : 0);
            bool isDirty = slot.IsDirty;
            slot = undo.Before;
            slot.IsDirty = isDirty;
        }

        _undo.Clear();
    }

    private void MarkChanged(K key, ref Slot slot)
    {
        if (_undo.Count == 0)
        {
            _owner!.Touched(this);
        }

        _undo.Add(new Undo(key, slot));
        if (!slot.IsDirty)
        {
            slot.IsDirty = true;
            _dirty.Add(key);
        }
    }

    private void Write(IChangelogSink sink, K key, in Slot slot)
    {
        _keyBytes.ResetWrittenCount();
        keySerde.Serialize(key, _keyContext, _keyBytes);
        _valueBytes.ResetWrittenCount();
        if (slot.IsPresent)
        {
            valueSerde.Serialize(slot.Value, _valueContext, _valueBytes);
        }

        sink.Write(_keyContext.Topic, _owner!.Partition, _keyBytes.WrittenSpan, _valueBytes.WrittenSpan, slot.IsPresent, slot.TimestampMs);
    }
}

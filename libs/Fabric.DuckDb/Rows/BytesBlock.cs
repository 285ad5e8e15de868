using System.Numerics;
using Fabric.Core.Columns;
using Fabric.DuckDb.Interop;

namespace Fabric.DuckDb.Rows;

/// <summary>
/// Text and binary: one arena, and string headers that point into it for as long as the block lives. Rows that follow each other
/// with the same value (all that a record says beside its array) share its bytes and its header.
/// </summary>
internal sealed unsafe class BytesBlock : ColumnBlock
{
    private const int InitialBytes = 4 * 1024;

    /// <summary>Bytes that may be read behind the last value: <see cref="Header"/> loads the inline form whole.</summary>
    private const int SlackBytes = NativeString.InlineBytesMax;

    /// <summary>
    /// Where each row's value ends, below 0 for an empty one. It starts where the last other value ends; the same end once more is
    /// the same value.
    /// </summary>
    private readonly int[] _ends = new int[RowsMax];
    private byte[] _arena = GC.AllocateUninitializedArray<byte>(InitialBytes, pinned: true);
    private int _used;
    private int _lastStart;

    public override long ByteSize => _used + (RowsMax * (long)sizeof(int));

    /// <summary>Keeps the arena unless a few long values blew it up: those would stay in memory for ever.</summary>
    public override void Clear()
    {
        base.Clear();
        if (_used < _arena.Length / 8 && _arena.Length > InitialBytes)
        {
            _arena = GC.AllocateUninitializedArray<byte>(
                Math.Max(InitialBytes, (int)BitOperations.RoundUpToPowerOf2((uint)_used)), pinned: true);
        }

        _used = _lastStart = 0;
    }

    protected override void AppendValues(Column source, int first, int count, int at)
    {
        var column = (BytesColumn)source;
        ReadOnlySpan<byte> bytes = column.Arena;
        ReadOnlySpan<int> starts = column.Starts.Slice(first, count);
        ReadOnlySpan<int> ends = column.Ends.Slice(first, count);
        for (int i = 0; i < ends.Length; i++)
        {
            bool isShared = i > 0 && starts[i] == starts[i - 1] && ends[i] == ends[i - 1];
            _ends[at + i] = isShared ? _ends[at + i - 1] : Keep(bytes[starts[i]..ends[i]], at + i);
        }
    }

    protected override void FillValues(void* target, int rows)
    {
        var strings = (NativeString*)target;
        fixed (byte* arena = _arena)
        {
            int start = 0, last = 0;
            NativeString header = default;
            for (int row = 0; row < rows; row++)
            {
                int end = _ends[row];
                if (end > last)
                {
                    (start, last) = (last, end);
                    header = Header(arena + start, end - start);
                }

                strings[row] = end < 0 ? default : header;
            }
        }
    }

    /// <summary>Puts the value of a row into the arena unless the row before has the same. Returns its end, -1 for none.</summary>
    private int Keep(ReadOnlySpan<byte> value, int row)
    {
        if (value.IsEmpty)
        {
            return -1;
        }

        bool isAsBefore = row > 0 && _ends[row - 1] == _used && value.SequenceEqual(_arena.AsSpan(_lastStart, _used - _lastStart));
        if (!isAsBefore)
        {
            Ensure(value.Length);
            value.CopyTo(_arena.AsSpan(_used));
            _lastStart = _used;
            _used += value.Length;
        }

        return _used;
    }

    // The inline form is the value with zeros behind it: loaded whole, and what does not belong to it masked away.
    private static NativeString Header(byte* value, int length)
    {
        var header = new NativeString { Length = (uint)length };
        if (length <= NativeString.InlineBytesMax)
        {
            int low = Math.Min(length, sizeof(ulong)), high = length - low;
            ulong lowMask = low == sizeof(ulong) ? ulong.MaxValue : (1UL << (8 * low)) - 1;
            uint highMask = (uint)((1UL << (8 * high)) - 1);
            *(ulong*)header.Inline = *(ulong*)value & lowMask;
            *(uint*)(header.Inline + sizeof(ulong)) = *(uint*)(value + sizeof(ulong)) & highMask;
        }
        else
        {
            header.Prefix = *(uint*)value;
            header.Pointer = value;
        }

        return header;
    }

    private void Ensure(int needed)
    {
        long wanted = (long)_used + needed + SlackBytes;
        if (wanted <= _arena.Length)
        {
            return;
        }

        if (wanted > Array.MaxLength)
        {
            throw new InvalidOperationException($"{RowsMax} values of one column would pass {Array.MaxLength} bytes");
        }

        byte[] larger = GC.AllocateUninitializedArray<byte>(
            (int)Math.Min(Math.Max((long)_arena.Length * 2, wanted), Array.MaxLength), pinned: true);
        _arena.AsSpan(0, _used).CopyTo(larger);
        _arena = larger;
    }
}

using System.Numerics;
using Fabric.Core.Columns;
using Fabric.DuckDb.Interop;

namespace Fabric.DuckDb.Rows;

/// <summary>Text and binary: one arena, and string headers that point into it for as long as the block lives.</summary>
internal sealed unsafe class BytesBlock : ColumnBlock
{
    private const int InitialBytes = 4 * 1024;

    private readonly int[] _ends = new int[RowsMax];
    private byte[] _arena = GC.AllocateUninitializedArray<byte>(InitialBytes, pinned: true);
    private int _used;

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

        _used = 0;
    }

    protected override void AppendValues(Column source, int first, int count, int at)
    {
        var column = (BytesColumn)source;
        ReadOnlySpan<int> ends = column.Ends;
        int start = first == 0 ? 0 : ends[first - 1];
        ReadOnlySpan<byte> bytes = column.Arena[start..ends[first + count - 1]];
        if (bytes.Length > _arena.Length - _used)
        {
            Grow(bytes.Length);
        }

        bytes.CopyTo(_arena.AsSpan(_used));
        int shift = _used - start;
        Span<int> target = _ends.AsSpan(at, count);
        ends = ends.Slice(first, count);
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = ends[i] + shift;
        }

        _used += bytes.Length;
    }

    protected override void FillValues(void* target, int rows)
    {
        var strings = (NativeString*)target;
        fixed (byte* arena = _arena)
        {
            int start = 0;
            for (int row = 0; row < rows; row++)
            {
                int end = _ends[row];
                strings[row] = Header(arena + start, end - start);
                start = end;
            }
        }
    }

    private static NativeString Header(byte* value, int length)
    {
        var header = new NativeString { Length = (uint)length };
        if (length <= NativeString.InlineBytesMax)
        {
            new ReadOnlySpan<byte>(value, length).CopyTo(new Span<byte>(header.Inline, NativeString.InlineBytesMax));
        }
        else
        {
            header.Prefix = *(uint*)value;
            header.Pointer = value;
        }

        return header;
    }

    private void Grow(int needed)
    {
        long wanted = Math.Max((long)_arena.Length * 2, (long)_used + needed);
        if ((long)_used + needed > Array.MaxLength)
        {
            throw new InvalidOperationException($"{RowsMax} values of one column would pass {Array.MaxLength} bytes");
        }

        byte[] larger = GC.AllocateUninitializedArray<byte>((int)Math.Min(wanted, Array.MaxLength), pinned: true);
        _arena.AsSpan(0, _used).CopyTo(larger);
        _arena = larger;
    }
}

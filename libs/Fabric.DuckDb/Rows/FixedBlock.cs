using System.Runtime.CompilerServices;
using Fabric.Core.Columns;

namespace Fabric.DuckDb.Rows;

/// <summary>Values that lie in the batch as they do in DuckDB's vectors: all but text, binary and narrow decimals.</summary>
internal sealed unsafe class FixedBlock<T> : ColumnBlock
    where T : unmanaged
{
    private readonly T[] _values = GC.AllocateUninitializedArray<T>(RowsMax, pinned: true);

    public override long ByteSize => RowsMax * (long)sizeof(T);

    protected override void AppendValues(Column source, int first, int count, int at) =>
        ((FixedColumn<T>)source).Values.Slice(first, count).CopyTo(_values.AsSpan(at));

    protected override void FillValues(void* target, int rows) =>
        _values.AsSpan(0, rows).CopyTo(new Span<T>(target, rows));
}

/// <summary>Decimals of at most 18 digits, narrowed from <see cref="Int128"/> to what DuckDB holds them in.</summary>
internal sealed unsafe class NarrowDecimalBlock<T> : ColumnBlock
    where T : unmanaged
{
    private readonly T[] _values = GC.AllocateUninitializedArray<T>(RowsMax, pinned: true);

    public override long ByteSize => RowsMax * (long)sizeof(T);

    protected override void AppendValues(Column source, int first, int count, int at)
    {
        ReadOnlySpan<Int128> values = ((FixedColumn<Int128>)source).Values.Slice(first, count);
        Span<T> target = _values.AsSpan(at, count);
        for (int i = 0; i < values.Length; i++)
        {
            // The range was checked against the precision: the low bytes are the whole value.
            long low = (long)values[i];
            target[i] = Unsafe.As<long, T>(ref low);
        }
    }

    protected override void FillValues(void* target, int rows) =>
        _values.AsSpan(0, rows).CopyTo(new Span<T>(target, rows));
}

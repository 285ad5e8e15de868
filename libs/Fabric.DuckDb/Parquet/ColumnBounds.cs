using System.Buffers.Binary;
using System.Text;

namespace Fabric.DuckDb.Parquet;

/// <summary>Statistics of one column, merged over row groups. <c>default</c> is the state before the first.</summary>
internal struct ColumnBounds
{
    private object? _min;
    private object? _max;
    private long _nulls;
    private long _bytes;
    private bool _isNullCountUnknown;
    private bool _areBoundsUnknown;

    /// <param name="leaf">What the bytes mean.</param>
    /// <param name="metadata">ColumnMetaData: 5 num_values (nulls included), 7 total_compressed_size, 12 statistics.</param>
    public void Add(ParquetLeaf leaf, ThriftValue metadata)
    {
        ThriftValue? statistics = metadata[12];
        long? nulls = statistics?[3]?.Integer;
        _bytes += metadata[7]?.Integer ?? 0;
        _nulls += nulls ?? 0;
        _isNullCountUnknown |= nulls is null;
        if (nulls is not null && nulls == metadata[5]?.Integer)
        {
            return; // nothing but nulls bounds nothing
        }

        object? min = Bound(leaf, statistics, 6, exactField: 8);
        object? max = Bound(leaf, statistics, 5, exactField: 7);
        if (min is null || max is null)
        {
            _areBoundsUnknown = true;
            return;
        }

        _min = _min is null || Compare(min, _min) < 0 ? min : _min;
        _max = _max is null || Compare(max, _max) > 0 ? max : _max;
    }

    public readonly ParquetColumnStatistics ToStatistics(ParquetLeaf leaf) => new(
        leaf.Path,
        _areBoundsUnknown ? null : _min,
        _areBoundsUnknown ? null : _max,
        _isNullCountUnknown ? null : _nulls,
        HasNaN: null,
        _bytes);

    private static object? Bound(ParquetLeaf leaf, ThriftValue? statistics, short field, short exactField)
    {
        bool isExact = statistics?[exactField] is not { Integer: 0 };
        return isExact && statistics?[field] is { } value ? Decode(leaf, value.Bytes, isMin: field == 6) : null;
    }

    /// <summary>PLAIN encoding without a length prefix; null for bytes or types that have no order here.</summary>
    private static object? Decode(ParquetLeaf leaf, byte[] bytes, bool isMin) => (leaf.Physical, bytes.Length) switch
    {
        (ParquetPhysicalType.Boolean, 1) => bytes[0] != 0,
        (ParquetPhysicalType.Int32, 4) => Integer(leaf, BinaryPrimitives.ReadInt32LittleEndian(bytes), 32),
        (ParquetPhysicalType.Int64, 8) => Integer(leaf, BinaryPrimitives.ReadInt64LittleEndian(bytes), 64),
        (ParquetPhysicalType.Float, 4) => Real(BinaryPrimitives.ReadSingleLittleEndian(bytes), isMin),
        (ParquetPhysicalType.Double, 8) => Real(BinaryPrimitives.ReadDoubleLittleEndian(bytes), isMin),
        (ParquetPhysicalType.ByteArray or ParquetPhysicalType.FixedLenByteArray, _) when leaf.IsDecimal => BigEndian(bytes),
        (ParquetPhysicalType.ByteArray, _) => leaf.IsText ? Encoding.UTF8.GetString(bytes) : bytes,
        _ => null,
    };

    private static object Integer(ParquetLeaf leaf, long value, int bits) => leaf switch
    {
        { IsDecimal: true } => (object)(Int128)value,
        { IsUnsigned: true } when bits == 64 => (Int128)(ulong)value,
        { IsUnsigned: true } => (long)(uint)value,
        _ => value,
    };

    /// <summary>parquet.thrift: a minimum of zero stands for -0.0, a maximum for +0.0; a NaN bounds nothing.</summary>
    private static object? Real(double value, bool isMin) =>
        double.IsNaN(value) ? null : value == 0 ? (isMin ? -0.0 : 0.0) : value;

    private static object? BigEndian(byte[] bytes)
    {
        if (bytes.Length is 0 or > 16)
        {
            return null;
        }

        Span<byte> wide = stackalloc byte[16];
        wide.Fill((sbyte)bytes[0] < 0 ? (byte)0xFF : (byte)0);
        bytes.CopyTo(wide[(16 - bytes.Length)..]);
        return BinaryPrimitives.ReadInt128BigEndian(wide);
    }

    private static int Compare(object left, object right) => (left, right) switch
    {
        (byte[] a, byte[] b) => a.AsSpan().SequenceCompareTo(b),
        (string a, string b) => Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b)),
        _ => ((IComparable)left).CompareTo(right),
    };
}

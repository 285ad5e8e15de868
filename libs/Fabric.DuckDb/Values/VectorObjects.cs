using System.Text;

namespace Fabric.DuckDb;

/// <summary>From a value in a vector to an object: <see cref="DuckDbVector.GetValue"/>, one arm per type.</summary>
internal static class VectorObjects
{
    private const long MicrosToTicks = 10;

    public static object? Read(in DuckDbVector vector, int row) => vector.Type.Id switch
    {
        DuckDbTypeId.Boolean => vector.Values<bool>()[row],
        DuckDbTypeId.TinyInt => vector.Values<sbyte>()[row],
        DuckDbTypeId.SmallInt => vector.Values<short>()[row],
        DuckDbTypeId.Integer => vector.Values<int>()[row],
        DuckDbTypeId.BigInt => vector.Values<long>()[row],
        DuckDbTypeId.UTinyInt => vector.Values<byte>()[row],
        DuckDbTypeId.USmallInt => vector.Values<ushort>()[row],
        DuckDbTypeId.UInteger => vector.Values<uint>()[row],
        DuckDbTypeId.UBigInt => vector.Values<ulong>()[row],
        DuckDbTypeId.HugeInt => vector.Values<Int128>()[row],
        DuckDbTypeId.UHugeInt => vector.Values<UInt128>()[row],
        DuckDbTypeId.Float => vector.Values<float>()[row],
        DuckDbTypeId.Double => vector.Values<double>()[row],
        DuckDbTypeId.Decimal => new DuckDbDecimal(vector.Unscaled(row), vector.Type.Scale),
        DuckDbTypeId.Varchar => Encoding.UTF8.GetString(vector.Bytes(row)),
        DuckDbTypeId.Blob => vector.Bytes(row).ToArray(),
        DuckDbTypeId.Date => new DuckDbDate(vector.Values<int>()[row]),
        DuckDbTypeId.Time => new TimeSpan(vector.Values<long>()[row] * MicrosToTicks),
        DuckDbTypeId.Interval => vector.Values<DuckDbInterval>()[row],
        DuckDbTypeId.Uuid => ReadUuid(vector.Values<UInt128>()[row]),
        DuckDbTypeId.Enum => vector.Type.Labels[ReadLabel(vector, row)],
        _ => ReadTimestampOrNested(vector, row),
    };

    private static object? ReadTimestampOrNested(in DuckDbVector vector, int row) => vector.Type.Id switch
    {
        DuckDbTypeId.Timestamp => Timestamp(vector, row, TimestampUnit.Microseconds, isUtc: false),
        DuckDbTypeId.TimestampTz => Timestamp(vector, row, TimestampUnit.Microseconds, isUtc: true),
        DuckDbTypeId.TimestampSeconds => Timestamp(vector, row, TimestampUnit.Seconds, isUtc: false),
        DuckDbTypeId.TimestampMilliseconds => Timestamp(vector, row, TimestampUnit.Milliseconds, isUtc: false),
        DuckDbTypeId.TimestampNanoseconds => Timestamp(vector, row, TimestampUnit.Nanoseconds, isUtc: false),
        DuckDbTypeId.List or DuckDbTypeId.Array => ReadElements(vector.Elements(), vector.ElementsOf(row)),
        DuckDbTypeId.Map => ReadMap(vector, row),
        DuckDbTypeId.Struct => ReadStruct(vector, row),
        DuckDbTypeId.Union => vector.Member(vector.UnionTag(row)).GetValue(row),
        DuckDbTypeId.Bit => ReadBits(vector.Bytes(row)),
        DuckDbTypeId.SqlNull => null,
        _ => throw new DuckDbException(
            DuckDbErrorCodes.UnsupportedType, $"Values of type {vector.Type} are not read as objects: cast them to VARCHAR"),
    };

    private static DuckDbTimestamp Timestamp(in DuckDbVector vector, int row, TimestampUnit unit, bool isUtc) =>
        new(vector.Values<long>()[row], unit, isUtc);

    /// <summary>DuckDB flips the top bit so that UUIDs sort as signed integers.</summary>
    private static Guid ReadUuid(UInt128 stored)
    {
        UInt128 value = stored ^ (UInt128.One << 127);
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return new Guid(bytes, bigEndian: true);
    }

    private static int ReadLabel(in DuckDbVector vector, int row) => PhysicalWidth.Of(vector.Type) switch
    {
        1 => vector.Values<byte>()[row],
        2 => vector.Values<ushort>()[row],
        _ => (int)vector.Values<uint>()[row],
    };

    private static object?[] ReadElements(in DuckDbVector elements, (int Start, int Length) range)
    {
        var values = new object?[range.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = elements.GetValue(range.Start + i);
        }

        return values;
    }

    private static DuckDbMap ReadMap(in DuckDbVector vector, int row)
    {
        (int start, int length) = vector.ElementsOf(row);
        DuckDbVector keys = vector.MapKeys();
        DuckDbVector values = vector.MapValues();
        var entries = new KeyValuePair<object, object?>[length];
        for (int i = 0; i < length; i++)
        {
            entries[i] = new KeyValuePair<object, object?>(keys.GetValue(start + i)!, values.GetValue(start + i));
        }

        return new DuckDbMap(entries);
    }

    private static DuckDbStruct ReadStruct(in DuckDbVector vector, int row)
    {
        var values = new object?[vector.Type.Fields.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = vector.Member(i).GetValue(row);
        }

        return new DuckDbStruct(vector.Type.Fields, values);
    }

    /// <summary>BIT: one byte with the count of unused leading bits, then the bits, the first most significant.</summary>
    private static string ReadBits(ReadOnlySpan<byte> stored)
    {
        int unused = stored[0];
        var text = new StringBuilder();
        for (int bit = unused; bit < (stored.Length - 1) * 8; bit++)
        {
            text.Append((stored[1 + (bit >> 3)] & (0x80 >> (bit & 7))) == 0 ? '0' : '1');
        }

        return text.ToString();
    }
}

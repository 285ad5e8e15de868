using System.Buffers.Binary;

namespace Fabric.DuckDb.Parquet;

/// <summary>
/// Reads Thrift's compact protocol (thrift/doc/specs/thrift-compact-protocol.md). Lengths are compared with what is left before
/// memory is taken; structures nest at most 64 deep.
/// </summary>
/// <remarks>
/// <code>
/// struct  = field* 0x00
/// field   = (idDelta &lt;&lt; 4 | type), value          idDelta 1..15
///         | type, zigzag varint id, value
/// list    = (size &lt;&lt; 4 | itemType), item*          size 0..14
///         | 0xF0 | itemType, varint size, item*
/// binary  = varint length, bytes
/// </code>
/// Maps do not occur in Parquet's metadata and are refused.
/// </remarks>
internal ref struct ThriftReader(ReadOnlySpan<byte> bytes)
{
    private const int DepthMax = 64;

    private ReadOnlySpan<byte> _rest = bytes;
    private int _depth;

    /// <summary>Reads one struct.</summary>
    /// <exception cref="DuckDbException">The bytes are not a struct.</exception>
    public ThriftValue ReadStruct()
    {
        if (++_depth > DepthMax)
        {
            throw Malformed("structures nest too deep");
        }

        var value = new ThriftValue(ThriftType.Struct) { Fields = [] };
        short id = 0;
        while (true)
        {
            byte header = ReadByte();
            if (header == 0)
            {
                _depth--;
                return value;
            }

            var type = (ThriftType)(header & 0x0F);
            int delta = header >> 4;
            id = delta == 0 ? checked16(ReadZigZag()) : checked16(id + delta);
            value.Fields.Add((id, type is ThriftType.True or ThriftType.False
                ? ThriftValue.Boolean(type == ThriftType.True) : ReadValue(type)));
        }

        static short checked16(long value) =>
            value is >= short.MinValue and <= short.MaxValue ? (short)value : throw Malformed("field number out of range");
    }

    private static DuckDbException Malformed(string what) =>
        new(DuckDbErrorCodes.ParquetMalformed, $"The file's metadata is not Thrift: {what}");

    private ThriftValue ReadValue(ThriftType type) => type switch
    {
        ThriftType.True or ThriftType.False => ThriftValue.Boolean(ReadByte() == 1),
        ThriftType.Byte => new ThriftValue(type) { Integer = (sbyte)ReadByte() },
        ThriftType.Int16 or ThriftType.Int32 or ThriftType.Int64 => new ThriftValue(type) { Integer = ReadZigZag() },
        ThriftType.Double => new ThriftValue(type) { Integer = BinaryPrimitives.ReadInt64LittleEndian(Take(8)) },
        ThriftType.Binary => new ThriftValue(type) { Bytes = Take(ReadLength()).ToArray() },
        ThriftType.List or ThriftType.Set => ReadList(type),
        ThriftType.Struct => ReadStruct(),
        _ => throw Malformed($"type {(int)type}"),
    };

    private ThriftValue ReadList(ThriftType type)
    {
        if (++_depth > DepthMax)
        {
            throw Malformed("lists nest too deep");
        }

        byte header = ReadByte();
        int count = header >> 4 == 15 ? ReadLength() : header >> 4;
        if (count > _rest.Length)
        {
            throw Malformed("a list longer than the file");
        }

        var list = new ThriftValue(type) { ItemType = (ThriftType)(header & 0x0F), Items = new List<ThriftValue>(count) };
        for (int i = 0; i < count; i++)
        {
            list.Items.Add(ReadValue(list.ItemType));
        }

        _depth--;
        return list;
    }

    private byte ReadByte() => Take(1)[0];

    private int ReadLength()
    {
        ulong length = ReadVarint();
        return length <= (ulong)_rest.Length ? (int)length : throw Malformed("a length beyond the end");
    }

    private long ReadZigZag()
    {
        ulong value = ReadVarint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = ReadByte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Malformed("a number of more than 64 bits");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            throw Malformed("it ends early");
        }

        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}

using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;

namespace Fabric.Avro;

/// <summary>
/// Reads Avro's binary encoding; the layout is drawn at <see cref="AvroWriter"/>. Values must be read in the order of the
/// schema they were written with. Spans it returns are slices of the data: they live as long as those do.
/// </summary>
/// <remarks>Every method throws <see cref="AvroException"/> with the offset when the data are malformed.</remarks>
public ref struct AvroReader
{
    private readonly ReadOnlySpan<byte> _data;
    private readonly StringPool? _strings;
    private int _position;
    private int _emptyItems;
    private int _depth;

    /// <param name="data">A body without framing.</param>
    /// <param name="strings">When given, strings that were seen before are taken from it instead of being allocated.</param>
    public AvroReader(ReadOnlySpan<byte> data, StringPool? strings = null)
    {
        _data = data;
        _strings = strings;
    }

    /// <summary>A reader that goes on where another stands.</summary>
    internal AvroReader(ReadOnlySpan<byte> data, int position, int emptyItems)
    {
        _data = data;
        _position = position;
        _emptyItems = emptyItems;
    }

    /// <summary>Items of no bytes read so far.</summary>
    internal readonly int EmptyItems => _emptyItems;

    /// <summary>Bytes read so far.</summary>
    public readonly int Position => _position;

    public readonly int Remaining => _data.Length - _position;

    public bool ReadBoolean()
    {
        if ((uint)_position >= (uint)_data.Length)
        {
            ThrowTruncated(1);
        }

        byte b = _data[_position];
        if (b > 1)
        {
            Throw(AvroErrors.Boolean, $"A boolean is 0 or 1, found {b}");
        }

        _position++;
        return b == 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ReadInt()
    {
        int start = _position;
        long value = ReadLong();
        if (value != (int)value)
        {
            _position = start;
            Throw(AvroErrors.Varint, "An int does not fit 32 bits");
        }

        return (int)value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long ReadLong()
    {
        int position = _position;
        if ((uint)position < (uint)_data.Length)
        {
            uint b = _data[position];
            if (b < 0x80)
            {
                _position = position + 1;
                return (int)(b >> 1) ^ -(int)(b & 1);
            }
        }

        return ReadLongVarint();
    }

    public float ReadFloat()
    {
        if (Remaining < sizeof(float))
        {
            ThrowTruncated(sizeof(float));
        }

        float value = BinaryPrimitives.ReadSingleLittleEndian(_data[_position..]);
        _position += sizeof(float);
        return value;
    }

    public double ReadDouble()
    {
        if (Remaining < sizeof(double))
        {
            ThrowTruncated(sizeof(double));
        }

        double value = BinaryPrimitives.ReadDoubleLittleEndian(_data[_position..]);
        _position += sizeof(double);
        return value;
    }

    /// <summary>Length and content; a slice of the data.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> ReadBytes()
    {
        int start = _position;
        long length = ReadLong();
        if ((ulong)length > (ulong)Remaining)
        {
            _position = start;
            Throw(AvroErrors.Length, "A length is negative or longer than what is left");
        }

        ReadOnlySpan<byte> value = _data.Slice(_position, (int)length);
        _position += (int)length;
        return value;
    }

    /// <summary>A string as UTF-8, checked; a slice of the data.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> ReadUtf8()
    {
        int start = _position;
        ReadOnlySpan<byte> value = ReadBytes();
        if (!Utf8Check.IsValid(value))
        {
            _position = start;
            Throw(AvroErrors.Utf8, "A string is not valid UTF-8");
        }

        return value;
    }

    public string ReadString()
    {
        ReadOnlySpan<byte> utf8 = ReadUtf8();
        return _strings is null ? Encoding.UTF8.GetString(utf8) : _strings.Get(utf8);
    }

    /// <summary>Content of a fixed type; a slice of the data.</summary>
    public ReadOnlySpan<byte> ReadFixed(int size)
    {
        if (Remaining < size)
        {
            ThrowTruncated(size);
        }

        ReadOnlySpan<byte> value = _data.Slice(_position, size);
        _position += size;
        return value;
    }

    /// <summary>An index into the symbols of an enum.</summary>
    /// <param name="symbols">How many symbols there are.</param>
    public int ReadEnum(int symbols)
    {
        int start = _position;
        long index = ReadLong();
        if ((ulong)index >= (ulong)symbols)
        {
            _position = start;
            Throw(AvroErrors.EnumIndex, $"Enum index {index} names none of {symbols} symbols");
        }

        return (int)index;
    }

    /// <summary>An index into the branches of a union.</summary>
    /// <param name="branches">How many branches there are.</param>
    public int ReadUnion(int branches)
    {
        int start = _position;
        long index = ReadLong();
        if ((ulong)index >= (ulong)branches)
        {
            _position = start;
            Throw(AvroErrors.UnionIndex, $"Union index {index} names none of {branches} branches");
        }

        return (int)index;
    }

    /// <summary>
    /// The count of the next block of an array or map; 0 ends it. A count that the remaining data cannot hold is refused before
    /// anything is taken for it.
    /// </summary>
    /// <param name="itemBytesMin">The fewest bytes an item takes (for a map: its value plus 1); items of 0 bytes have a budget.</param>
    public int ReadBlock(int itemBytesMin)
    {
        int start = _position;
        long count = ReadLong();
        if (count < 0)
        {
            count = count == long.MinValue ? long.MaxValue : -count;
            long bytes = ReadLong();
            if ((ulong)bytes > (ulong)Remaining)
            {
                _position = start;
                Throw(AvroErrors.Length, "The size of a block is negative or longer than what is left");
            }
        }

        bool fits = itemBytesMin > 0
            ? count <= Remaining / itemBytesMin
            : (count <= AvroLimits.EmptyItemsMax) && (_emptyItems += (int)count) <= AvroLimits.EmptyItemsMax;
        if (!fits)
        {
            _position = start;
            Throw(AvroErrors.BlockCount, $"A block of {count} items cannot be in the {Remaining} bytes that are left");
        }

        return (int)count;
    }

    /// <summary>
    /// Like <see cref="ReadBlock"/>, for skipping: when the block says how many bytes it has they are jumped over and the
    /// result is 0 with <paramref name="more"/> true.
    /// </summary>
    internal int ReadBlockToSkip(int itemBytesMin, out bool more)
    {
        int start = _position;
        long count = ReadLong();
        if (count >= 0)
        {
            _position = start;
            int items = ReadBlock(itemBytesMin);
            more = items > 0;
            return items;
        }

        ReadBytes();
        more = true;
        return 0;
    }

    /// <summary>Says that values are nested one level deeper from here on; pair it with <see cref="Leave"/>.</summary>
    public void Enter()
    {
        if (++_depth > AvroLimits.DataDepthMax)
        {
            Throw(AvroErrors.Depth, $"Values are nested deeper than {AvroLimits.DataDepthMax} levels");
        }
    }

    public void Leave() => _depth--;

    /// <summary>Jumps over bytes.</summary>
    internal void Skip(int bytes)
    {
        if (Remaining < bytes)
        {
            ThrowTruncated(bytes);
        }

        _position += bytes;
    }

    /// <summary>Goes back to a position read before.</summary>
    internal void Rewind(int position) => _position = position;

    /// <summary>Throws when bytes are left: a body is one value and nothing else.</summary>
    public readonly void ExpectEnd()
    {
        if (_position != _data.Length)
        {
            Throw(AvroErrors.Trailing, $"{Remaining} bytes are left after the value");
        }
    }

    /// <summary>Reports what cannot be read here; the exception carries the offset.</summary>
    [DoesNotReturn]
    internal readonly void Throw(string code, string message) => throw new AvroException(code, message, "", _position);

    /// <summary>A piece of the data that was read before.</summary>
    internal readonly ReadOnlySpan<byte> Slice(int start, int length) => _data.Slice(start, length);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long ReadLongVarint()
    {
        int bytes = Varint.Read(_data[_position..], out ulong value);
        if (bytes <= 0)
        {
            if (bytes == 0)
            {
                ThrowTruncated(Remaining + 1);
            }

            Throw(AvroErrors.Varint, "A variable-length integer does not fit 64 bits");
        }

        _position += bytes;
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    [DoesNotReturn]
    private readonly void ThrowTruncated(int bytes) =>
        Throw(AvroErrors.Truncated, $"The data end: {bytes} bytes are needed, {Remaining} are left");
}

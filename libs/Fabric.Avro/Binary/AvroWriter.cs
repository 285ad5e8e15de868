using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace Fabric.Avro;

/// <summary>
/// Writes Avro's binary encoding (Avro 1.12, "Binary Encoding"). Values must be written in the order of the schema: the writer
/// knows bytes, not schemas. Over an <see cref="IBufferWriter{T}"/>, call <see cref="Flush"/> at the end, or bytes are lost.
/// </summary>
/// <remarks>
/// <code>
/// int, long     zigzag, then 7 bits per byte, least significant first, high bit = more follows (1..10 bytes)
/// float, double IEEE 754, little-endian            boolean  1 byte, 0 or 1
/// bytes, string long length, content               fixed    content
/// enum          int index                          union    long index, value
/// array, map    blocks of { long count, items } or { long -count, long bytes, items }, then a count of 0
/// </code>
/// </remarks>
public ref struct AvroWriter
{
    private const int VarintBytesMax = 10;
    private const int ShortCharsMax = 63;

    private readonly IBufferWriter<byte>? _output;
    private Span<byte> _span;
    private int _position;

    /// <summary>Writes into <paramref name="output"/>, which grows as needed. The output may not be used before <see cref="Flush"/>.</summary>
    public AvroWriter(IBufferWriter<byte> output)
    {
        _output = output;
        _span = output.GetSpan(256);
    }

    /// <summary>
    /// Writes into memory of the caller's. A number needs 10 and a short string 64 free bytes, however few it takes in the end;
    /// too little memory is an <see cref="InvalidOperationException"/>.
    /// </summary>
    public AvroWriter(Span<byte> span) => _span = span;

    /// <summary>Bytes written since construction or the last <see cref="Flush"/> or growth; all of them over a span.</summary>
    public readonly int Position => _position;

    /// <summary>Hands what was written to the output. Does nothing over a span.</summary>
    public void Flush()
    {
        if (_output is not null)
        {
            _output.Advance(_position);
            _span = _output.GetSpan(256);
            _position = 0;
        }
    }

    public void WriteBoolean(bool value)
    {
        Ensure(1);
        _span[_position++] = value ? (byte)1 : (byte)0;
    }

    public void WriteInt(int value) => WriteVarint((uint)((value << 1) ^ (value >> 31)));

    public void WriteLong(long value) => WriteVarint((ulong)((value << 1) ^ (value >> 63)));

    public void WriteFloat(float value)
    {
        Ensure(sizeof(float));
        BinaryPrimitives.WriteSingleLittleEndian(_span[_position..], value);
        _position += sizeof(float);
    }

    public void WriteDouble(double value)
    {
        Ensure(sizeof(double));
        BinaryPrimitives.WriteDoubleLittleEndian(_span[_position..], value);
        _position += sizeof(double);
    }

    /// <summary>Length and content.</summary>
    public void WriteBytes(scoped ReadOnlySpan<byte> value)
    {
        WriteLong(value.Length);
        WriteFixed(value);
    }

    /// <summary>A string that is UTF-8 already; the caller answers for its validity.</summary>
    public void WriteString(scoped ReadOnlySpan<byte> utf8) => WriteBytes(utf8);

    /// <summary>A string as UTF-8.</summary>
    /// <exception cref="AvroException">It has lone surrogates, which no UTF-8 can carry (AVRO_UTF8).</exception>
    public void WriteString(string value)
    {
        // Up to 63 bytes the length takes one byte, and ASCII has as many bytes as characters.
        if (value.Length <= ShortCharsMax)
        {
            Ensure(ShortCharsMax + 1);
            if (ShortAscii.TryNarrow(value, ref Unsafe.Add(ref MemoryMarshal.GetReference(_span), _position + 1)))
            {
                Unsafe.Add(ref MemoryMarshal.GetReference(_span), _position) = (byte)(value.Length << 1);
                _position += value.Length + 1;
                return;
            }
        }

        WriteLongString(value);
    }

    /// <summary>Content of a fixed type.</summary>
    public void WriteFixed(scoped ReadOnlySpan<byte> value)
    {
        Ensure(value.Length);
        value.CopyTo(_span[_position..]);
        _position += value.Length;
    }

    /// <summary>Begins the only block of an array or map of <paramref name="count"/> items; an empty one needs no block.</summary>
    public void WriteBlockStart(int count)
    {
        if (count > 0)
        {
            WriteLong(count);
        }
    }

    /// <summary>Ends an array or map.</summary>
    public void WriteBlockEnd()
    {
        Ensure(1);
        _span[_position++] = 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteVarint(ulong value)
    {
        Ensure(VarintBytesMax);
        ref byte at = ref Unsafe.Add(ref MemoryMarshal.GetReference(_span), _position);
        if (value < 0x80)
        {
            at = (byte)value;
            _position++;
            return;
        }

        _position += Varint.Write(ref at, value);
    }

    private void WriteLongString(string value)
    {
        int bytes = Encoding.UTF8.GetByteCount(value);
        WriteLong(bytes);
        Ensure(bytes);
        Transcode(value, _span.Slice(_position, bytes));
        _position += bytes;
    }

    private static void Transcode(string value, Span<byte> target)
    {
        if (Utf8.FromUtf16(value, target, out _, out _, replaceInvalidSequences: false) != OperationStatus.Done)
        {
            throw new AvroException(AvroErrors.Utf8, "A string with lone surrogates cannot be written as UTF-8");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Ensure(int bytes)
    {
        if (_span.Length - _position < bytes)
        {
            Grow(bytes);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int bytes)
    {
        if (_output is null)
        {
            throw new InvalidOperationException(
                $"The span of {_span.Length} bytes is full: {_position} written, {bytes} more must be free");
        }

        _output.Advance(_position);
        _position = 0;
        _span = _output.GetSpan(Math.Max(bytes, 256));
    }
}

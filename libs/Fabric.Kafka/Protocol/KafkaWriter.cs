using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Fabric.Kafka.Log;

namespace Fabric.Kafka.Protocol;

/// <summary>
/// Writes Kafka's primitive types into a pooled buffer, in the plain or the flexible form (layout: see
/// <see cref="KafkaReader"/>). Records can be added as slices of files that are read only when the response goes out.
/// </summary>
/// <remarks>Not thread-safe. Whoever disposes it gives the buffer back; what it returned is dead then.</remarks>
internal sealed class KafkaWriter(bool isFlexible) : IDisposable
{
    private const int FirstCapacityBytes = 256;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstCapacityBytes);
    private int _length;
    private List<FileSlice>? _slices;
    private long _sliceBytes;

    /// <summary>Whether the version being written uses compact lengths and tagged fields.</summary>
    public bool IsFlexible { get; } = isFlexible;

    /// <summary>Bytes written so far (file slices do not count).</summary>
    public int Length => _length;

    /// <summary>Bytes on the wire: what was written and the file slices.</summary>
    public long TotalLength => _length + _sliceBytes;

    /// <summary>File slices in the order in which they were added.</summary>
    public IReadOnlyList<FileSlice> Slices => _slices ?? (IReadOnlyList<FileSlice>)[];

    /// <summary>What was written; valid until the next write.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>What was written; valid until the next write.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _buffer.AsMemory(0, _length);

    public void WriteInt8(sbyte value) => Reserve(1)[0] = (byte)value;

    public void WriteInt16(short value) => BinaryPrimitives.WriteInt16BigEndian(Reserve(2), value);

    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32BigEndian(Reserve(4), value);

    public void WriteInt64(long value) => BinaryPrimitives.WriteInt64BigEndian(Reserve(8), value);

    public void WriteBoolean(bool value) => Reserve(1)[0] = value ? (byte)1 : (byte)0;

    public void WriteUuid(Guid value) => value.TryWriteBytes(Reserve(16), bigEndian: true, out _);

    public void WriteError(ErrorCode value) => WriteInt16((short)value);

    public void WriteString(string value)
    {
        int length = Encoding.UTF8.GetByteCount(value);
        WriteLength(length, isShort: true);
        Encoding.UTF8.GetBytes(value, Reserve(length));
    }

    public void WriteNullableString(string? value)
    {
        if (value is null)
        {
            WriteLength(-1, isShort: true);
        }
        else
        {
            WriteString(value);
        }
    }

    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        WriteLength(value.Length, isShort: false);
        value.CopyTo(Reserve(value.Length));
    }

    public void WriteNullableBytes(byte[]? value)
    {
        if (value is null)
        {
            WriteLength(-1, isShort: false);
        }
        else
        {
            WriteBytes(value);
        }
    }

    /// <summary>A count of elements; -1 for a null array.</summary>
    public void WriteArrayLength(int count) => WriteLength(count, isShort: false);

    /// <summary>The length that stands before bytes, when the bytes come from elsewhere; -1 for null.</summary>
    public void WriteBytesLength(int length) => WriteLength(length, isShort: false);

    /// <summary>Ends a struct: no tagged fields. Does nothing in a plain version.</summary>
    public void WriteEmptyTags()
    {
        if (IsFlexible)
        {
            WriteInt8(0);
        }
    }

    public void WriteUnsignedVarint(uint value)
    {
        while (value > 0x7f)
        {
            Reserve(1)[0] = (byte)(value | 0x80);
            value >>= 7;
        }

        Reserve(1)[0] = (byte)value;
    }

    /// <summary>Bytes as they are, without a length before them.</summary>
    public void WriteRaw(ReadOnlySpan<byte> value) => value.CopyTo(Reserve(value.Length));

    /// <summary>
    /// Adds batches as they stand in a file, after what was written so far, without a length before them. Takes the slice
    /// over: it is disposed with this writer.
    /// </summary>
    public void WriteSlice(FetchSlice slice)
    {
        (_slices ??= []).Add(new FileSlice(_length, slice));
        _sliceBytes += slice.Length;
    }

    /// <summary>Overwrites a number written before, e.g. a count known only at the end (plain versions) or a size.</summary>
    public void PatchInt32(int position, int value) =>
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(position, 4), value);

    /// <summary>Forgets everything written, e.g. to answer an error in place of a result.</summary>
    public void Clear()
    {
        _length = 0;
        ReleaseSlices();
    }

    public void Dispose()
    {
        byte[] buffer = _buffer;
        _buffer = [];
        _length = 0;
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        ReleaseSlices();
    }

    private void ReleaseSlices()
    {
        foreach (FileSlice slice in Slices)
        {
            slice.Batches.Dispose();
        }

        _slices = null;
        _sliceBytes = 0;
    }

    private void WriteLength(int length, bool isShort)
    {
        if (IsFlexible)
        {
            WriteUnsignedVarint((uint)(length + 1));
        }
        else if (isShort)
        {
            WriteInt16(checked((short)length));
        }
        else
        {
            WriteInt32(length);
        }
    }

    private Span<byte> Reserve(int count)
    {
        if (_buffer.Length - _length < count)
        {
            Grow(count);
        }

        Span<byte> reserved = _buffer.AsSpan(_length, count);
        _length += count;
        return reserved;
    }

    private void Grow(int count)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(_length + count, _buffer.Length * 2));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}

/// <summary>Batches of a file that belong into a response.</summary>
/// <param name="At">How many written bytes come before them.</param>
internal readonly record struct FileSlice(int At, FetchSlice Batches);

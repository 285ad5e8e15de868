using System.Buffers;
using System.Buffers.Binary;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Server;

/// <summary>
/// Cuts a connection's bytes into requests: <c>size int32, then size bytes</c>. The size is compared with the limit before
/// anything is taken, and memory grows with the bytes that arrive, not with the size that was claimed.
/// </summary>
/// <remarks>
/// Small requests are cut from a buffer, many to a read; what is missing of a larger one is received where it will stay, without a
/// copy. One reader at a time.
/// </remarks>
internal sealed class FrameReader(Stream input, RequestMemory memory) : IDisposable
{
    private const int SizeBytes = 4;
    private const int BufferBytes = 16 * 1024;
    private const int FirstTakeBytes = 64 * 1024;

    /// <summary>A peer that has sent that much at once may claim it again without proof: a default batch and what is around it.</summary>
    private const int TrustedTakeBytes = 1 << 20;

    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int _start;
    private int _end;
    private int _takeBytes = FirstTakeBytes;

    /// <summary>The next request; null when the peer has closed between two requests.</summary>
    /// <param name="bytesMax">Largest size accepted.</param>
    /// <exception cref="ProtocolException">A size outside the limit, or the peer closed within a request.</exception>
    public async ValueTask<RequestFrame?> ReadAsync(int bytesMax, CancellationToken cancellationToken)
    {
        if (!await HasSizeAsync(cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        int size = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start));
        _start += SizeBytes;
        if (size < 0 || size > bytesMax)
        {
            throw new ProtocolException($"Expected a request of at most {bytesMax} bytes, found a size of {size}");
        }

        await memory.WaitForRoomAsync(cancellationToken).ConfigureAwait(false);
        return await ReadBodyAsync(size, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gives the buffer back. Nothing may be reading.</summary>
    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private async ValueTask<bool> HasSizeAsync(CancellationToken cancellationToken)
    {
        while (_end - _start < SizeBytes)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
            int count = await input.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            if (count == 0)
            {
                return _end == 0 ? false : throw new ProtocolException("The peer closed within a request's size");
            }

            _end += count;
        }

        return true;
    }

    private async ValueTask<RequestFrame> ReadBodyAsync(int size, CancellationToken cancellationToken)
    {
        byte[] frame = memory.Take(Math.Min(size, _takeBytes));
        try
        {
            int filled = TakeBuffered(frame.AsSpan(0, Math.Min(size, frame.Length)));
            while (filled < size)
            {
                frame = MakeRoom(frame, filled, size);
                int wanted = Math.Min(size, frame.Length) - filled;
                int count = await input.ReadAsync(frame.AsMemory(filled, wanted), cancellationToken).ConfigureAwait(false);
                filled += count > 0
                    ? count
                    : throw new ProtocolException($"The peer closed after {filled} of {size} bytes of a request");
            }

            _takeBytes = Math.Clamp(size, _takeBytes, TrustedTakeBytes);
            byte[] done = frame;
            frame = [];
            return new RequestFrame(done, size, memory);
        }
        finally
        {
            if (frame.Length > 0)
            {
                memory.Give(frame);
            }
        }
    }

    private int TakeBuffered(Span<byte> into)
    {
        int count = Math.Min(into.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(into);
        _start += count;
        return count;
    }

    private byte[] MakeRoom(byte[] frame, int filled, int size)
    {
        if (filled < frame.Length)
        {
            return frame;
        }

        byte[] larger = memory.Take((int)Math.Min(size, frame.Length * 2L));
        frame.AsSpan(0, filled).CopyTo(larger);
        memory.Give(frame);
        return larger;
    }
}

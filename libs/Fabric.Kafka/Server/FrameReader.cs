using System.Buffers;
using System.IO.Pipelines;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Server;

/// <summary>
/// Cuts a connection's bytes into requests: <c>size int32, then size bytes</c>. The size is compared with the limit before
/// anything is taken, and memory grows with the bytes that arrive, not with the size that was claimed.
/// </summary>
internal sealed class FrameReader(PipeReader input, RequestMemory memory)
{
    private const int SizeBytes = 4;
    private const int FirstTakeBytes = 64 * 1024;

    /// <summary>The next request; null when the peer has closed between two requests.</summary>
    /// <param name="bytesMax">Largest size accepted.</param>
    /// <exception cref="ProtocolException">A size outside the limit, or the peer closed within a request.</exception>
    public async ValueTask<RequestFrame?> ReadAsync(int bytesMax, CancellationToken cancellationToken)
    {
        int? size = await ReadSizeAsync(cancellationToken).ConfigureAwait(false);
        if (size is not { } bytes)
        {
            return null;
        }

        if (bytes < 0 || bytes > bytesMax)
        {
            throw new ProtocolException($"Expected a request of at most {bytesMax} bytes, found a size of {bytes}");
        }

        await memory.WaitForRoomAsync(cancellationToken).ConfigureAwait(false);
        return await ReadBodyAsync(bytes, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads the size before a request; false means more bytes are needed, and nothing is consumed.</summary>
    public static bool TryReadSize(ref ReadOnlySequence<byte> buffer, out int size)
    {
        var reader = new SequenceReader<byte>(buffer);
        if (!reader.TryReadBigEndian(out size))
        {
            return false;
        }

        buffer = buffer.Slice(SizeBytes);
        return true;
    }

    private async ValueTask<int?> ReadSizeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            ReadOnlySequence<byte> buffer = result.Buffer;
            if (TryReadSize(ref buffer, out int size))
            {
                input.AdvanceTo(buffer.Start);
                return size;
            }

            bool isPartial = !buffer.IsEmpty;
            input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                return isPartial ? throw new ProtocolException("The peer closed within a request's size") : null;
            }
        }
    }

    private async ValueTask<RequestFrame> ReadBodyAsync(int size, CancellationToken cancellationToken)
    {
        byte[] frame = memory.Take(Math.Min(size, FirstTakeBytes));
        try
        {
            int filled = 0;
            while (filled < size)
            {
                ReadResult result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
                ReadOnlySequence<byte> part = result.Buffer.Slice(0, Math.Min(size - filled, result.Buffer.Length));
                frame = MakeRoom(frame, filled, filled + (int)part.Length, size);
                part.CopyTo(frame.AsSpan(filled));
                filled += (int)part.Length;
                input.AdvanceTo(part.End);
                if (result.IsCompleted && part.IsEmpty)
                {
                    throw new ProtocolException($"The peer closed after {filled} of {size} bytes of a request");
                }
            }

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

    private byte[] MakeRoom(byte[] frame, int filled, int needed, int size)
    {
        if (needed <= frame.Length)
        {
            return frame;
        }

        byte[] larger = memory.Take((int)Math.Min(size, Math.Max(needed, frame.Length * 2L)));
        frame.AsSpan(0, filled).CopyTo(larger);
        memory.Give(frame);
        return larger;
    }
}

using System.Buffers;

namespace Fabric.Kafka.Server;

/// <summary>
/// Bounds the memory held by requests of all connections that were read and not yet handled. A connection waits before it
/// starts another request while the bound is exceeded, so that requests under way always finish.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class RequestMemory(long bytesMax)
{
    private readonly Lock _lock = new();
    private long _bytes;
    private TaskCompletionSource? _room;

    /// <summary>Bytes held now.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Completes when another request may be read.</summary>
    public ValueTask WaitForRoomAsync(CancellationToken cancellationToken)
    {
        if (Bytes < bytesMax)
        {
            return ValueTask.CompletedTask;
        }

        lock (_lock)
        {
            if (_bytes < bytesMax)
            {
                return ValueTask.CompletedTask;
            }

            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask(_room.Task.WaitAsync(cancellationToken));
        }
    }

    /// <summary>Takes a buffer of at least that size and counts it.</summary>
    public byte[] Take(int bytes)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(bytes);
        Interlocked.Add(ref _bytes, buffer.Length);
        return buffer;
    }

    /// <summary>Gives a buffer back.</summary>
    public void Give(byte[] buffer)
    {
        ArrayPool<byte>.Shared.Return(buffer);
        if (Interlocked.Add(ref _bytes, -buffer.Length) >= bytesMax)
        {
            return;
        }

        TaskCompletionSource? room;
        lock (_lock)
        {
            room = _room;
            _room = null;
        }

        room?.TrySetResult();
    }
}

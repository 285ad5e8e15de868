namespace Fabric.Kafka.Server;

/// <summary>One request as it came, without the size before it. Whoever handles it releases it, once.</summary>
internal sealed class RequestFrame(byte[] buffer, int length, RequestMemory memory)
{
    private byte[]? _buffer = buffer;

    public Memory<byte> Bytes => _buffer.AsMemory(0, length);

    /// <summary>Gives the buffer back: nothing that points into it may be used any more.</summary>
    public void Release()
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } taken)
        {
            memory.Give(taken);
        }
    }
}

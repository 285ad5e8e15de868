using System.Runtime.InteropServices;
using System.Text;

namespace Fabric.Kafka.Bench;

/// <summary>librdkafka's producer at its cheapest: no delivery reports, no binding, acks=all, no compression.</summary>
internal sealed class BareProducer : IDisposable
{
    private static readonly (string Name, string Value)[] Settings =
    [
        ("acks", "all"), ("linger.ms", "5"), ("queue.buffering.max.messages", "500000"), ("queue.buffering.max.kbytes", "262144"),
    ];

    private readonly nint _client;
    private nint _topic;

    public BareProducer(string bootstrap)
    {
        Span<byte> error = stackalloc byte[512];
        ref byte errorAt = ref MemoryMarshal.GetReference(error);
        nint conf = Librdkafka.NewConf();
        foreach ((string name, string value) in (ReadOnlySpan<(string, string)>)[("bootstrap.servers", bootstrap), .. Settings])
        {
            Require(Librdkafka.Set(conf, name, value, ref errorAt, (nuint)error.Length) == 0, error);
        }

        _client = Librdkafka.New(Librdkafka.Producer, conf, ref errorAt, (nuint)error.Length);
        Require(_client != 0, error);
    }

    /// <summary>What is produced from now on goes there.</summary>
    public void Open(string topic)
    {
        CloseTopic();
        _topic = Librdkafka.NewTopic(_client, topic, 0);
    }

    /// <summary>Queues one message, waiting while the queue is full. librdkafka copies the payload.</summary>
    public void Produce(int partition, Span<byte> payload)
    {
        const int flags = Librdkafka.CopyPayload | Librdkafka.BlockWhenFull;
        if (Librdkafka.Produce(_topic, partition, flags, ref MemoryMarshal.GetReference(payload), (nuint)payload.Length, 0, 0, 0) != 0)
        {
            throw new InvalidOperationException("librdkafka refused a message");
        }
    }

    /// <summary>Waits until everything queued was acknowledged.</summary>
    public void Flush()
    {
        if (Librdkafka.Flush(_client, 60_000) != 0)
        {
            throw new InvalidOperationException("Messages were not acknowledged within a minute");
        }
    }

    public void Dispose()
    {
        CloseTopic();
        Librdkafka.Destroy(_client);
    }

    private void CloseTopic()
    {
        if (_topic != 0)
        {
            Librdkafka.DestroyTopic(_topic);
            _topic = 0;
        }
    }

    private static void Require(bool condition, ReadOnlySpan<byte> error)
    {
        if (!condition)
        {
            throw new InvalidOperationException("librdkafka: " + Encoding.UTF8.GetString(error).TrimEnd('\0'));
        }
    }
}

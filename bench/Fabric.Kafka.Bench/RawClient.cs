using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Bench;

/// <summary>A Kafka client of one blocking socket and no machinery: one request at a time, made beforehand where it is timed.</summary>
internal sealed class RawClient : IDisposable
{
    private const short Produce = 0;
    private const short CreateTopics = 19;
    private const short DeleteTopics = 20;
    private const int TimeoutMs = 30_000;

    private readonly Socket _socket;
    private readonly byte[] _response = new byte[4096];

    public RawClient(IPEndPoint address)
    {
        _socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _socket.Connect(address);
    }

    /// <summary>A batch of one record, close to that many bytes in all.</summary>
    public static byte[] Batch(int bytes)
    {
        byte[] value = new byte[bytes - RecordBatchHeader.SizeBytes - 12];
        new Random(1).NextBytes(value);
        return new RecordBatchBuilder().Add(null, value, timestampMs: 1).ToArray();
    }

    /// <summary>The frame that produces one batch to partition 0 of a topic.</summary>
    public static byte[] ProduceFrame(string topic, byte[] batch, short acks) => Frame(Produce, 8, body =>
    {
        body.WriteNullableString(null);
        body.WriteInt16(acks);
        body.WriteInt32(TimeoutMs);
        body.WriteArrayLength(1);
        body.WriteString(topic);
        body.WriteArrayLength(1);
        body.WriteInt32(0);
        body.WriteBytes(batch);
    });

    /// <summary>Sends a produce frame, waits for the answer, and returns the answer's size.</summary>
    /// <exception cref="InvalidOperationException">The broker answered with an error.</exception>
    public int Append(ReadOnlySpan<byte> frame, string topic)
    {
        ReadOnlySpan<byte> response = Ask(frame);
        // correlation id, topic count, topic, partition count, index
        int errorAt = 4 + 4 + 2 + topic.Length + 4 + 4;
        var error = (ErrorCode)BinaryPrimitives.ReadInt16BigEndian(response[errorAt..]);
        return error == ErrorCode.None ? 4 + response.Length : throw new InvalidOperationException($"Produce was answered {error}");
    }

    public void CreateTopic(string name, int partitions) => Ask(Frame(CreateTopics, 2, body =>
    {
        body.WriteArrayLength(1);
        body.WriteString(name);
        body.WriteInt32(partitions);
        body.WriteInt16(1);
        body.WriteArrayLength(0);
        body.WriteArrayLength(0);
        body.WriteInt32(TimeoutMs);
        body.WriteBoolean(false);
    }));

    /// <summary>Deletes a topic, so that the pages and blocks it took can be taken again.</summary>
    public void DeleteTopic(string name) => Ask(Frame(DeleteTopics, 1, body =>
    {
        body.WriteArrayLength(1);
        body.WriteString(name);
        body.WriteInt32(TimeoutMs);
    }));

    public void Dispose() => _socket.Dispose();

    private ReadOnlySpan<byte> Ask(ReadOnlySpan<byte> frame)
    {
        PingPong.Send(_socket, frame);
        bool isThere = PingPong.Receive(_socket, _response.AsSpan(0, 4));
        int size = isThere ? BinaryPrimitives.ReadInt32BigEndian(_response) : throw new InvalidOperationException("The broker closed");
        Span<byte> response = _response.AsSpan(0, size);
        PingPong.Receive(_socket, response);
        return response;
    }

    private static byte[] Frame(short key, short version, Action<KafkaWriter> write)
    {
        using var body = new KafkaWriter(isFlexible: false);
        body.WriteInt32(0);
        body.WriteInt16(key);
        body.WriteInt16(version);
        body.WriteInt32(1);
        body.WriteNullableString("bench");
        write(body);
        byte[] frame = body.Written.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - 4);
        return frame;
    }
}

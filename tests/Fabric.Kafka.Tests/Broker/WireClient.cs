using System.Buffers.Binary;
using System.Net;
using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Tests.Broker;

/// <summary>A plain client over one connection: produce 8, fetch 11, one request at a time.</summary>
internal sealed class WireClient(IPEndPoint address) : IDisposable
{
    private readonly RawClient _connection = RawClient.Connect(address);
    private int _correlationId;

    public void CreateTopic(string name, int partitions, params (string Name, string Value)[] configs)
    {
        byte[] response = Ask(19, 2, body =>
        {
            body.WriteArrayLength(1);
            body.WriteString(name);
            body.WriteInt32(partitions);
            body.WriteInt16(1);
            body.WriteArrayLength(0);
            body.WriteArrayLength(configs.Length);
            foreach ((string config, string value) in configs)
            {
                body.WriteString(config);
                body.WriteNullableString(value);
            }

            body.WriteInt32(1000);
            body.WriteBoolean(false);
        }) ?? throw new IOException("closed");
        var reader = new KafkaReader(response.AsSpan(12), false);
        reader.ReadString();
        Assert.Equal(ErrorCode.None, (ErrorCode)reader.ReadInt16());
    }

    /// <summary>Null when the connection broke before the answer.</summary>
    public ProduceReply? Produce(string topic, int partition, byte[] batch, short acks = -1)
    {
        byte[]? response = Ask(0, 8, body =>
        {
            body.WriteNullableString(null);
            body.WriteInt16(acks);
            body.WriteInt32(30_000);
            body.WriteArrayLength(1);
            body.WriteString(topic);
            body.WriteArrayLength(1);
            body.WriteInt32(partition);
            body.WriteBytes(batch);
        });
        return response is null ? null : CoreClient.ReadProduce(response);
    }

    public FetchReply Fetch(string topic, int partition, long offset)
    {
        byte[]? response = Ask(1, 11, body =>
        {
            body.WriteInt32(-1);
            body.WriteInt32(100);
            body.WriteInt32(1);
            body.WriteInt32(8 << 20);
            body.WriteInt8(0);
            body.WriteInt32(0);
            body.WriteInt32(-1);
            body.WriteArrayLength(1);
            body.WriteString(topic);
            body.WriteArrayLength(1);
            body.WriteInt32(partition);
            body.WriteInt32(-1);
            body.WriteInt64(offset);
            body.WriteInt64(-1);
            body.WriteInt32(8 << 20);
            body.WriteArrayLength(0);
            body.WriteString("");
        });
        return CoreClient.ReadFetch(response ?? throw new IOException("closed")).Single();
    }

    /// <summary>Raises the start of a partition to its high watermark.</summary>
    public ErrorCode DeleteAll(string topic, int partition)
    {
        byte[] response = Ask(21, 1, body =>
        {
            body.WriteArrayLength(1);
            body.WriteString(topic);
            body.WriteArrayLength(1);
            body.WriteInt32(partition);
            body.WriteInt64(-1);
            body.WriteInt32(1000);
        }) ?? throw new IOException("closed");
        return (ErrorCode)BinaryPrimitives.ReadInt16BigEndian(response.AsSpan(response.Length - 2));
    }

    /// <summary>Every record from the start on: offset and value.</summary>
    public Dictionary<long, string> ReadAll(string topic, int partition, long from = 0)
    {
        var values = new Dictionary<long, string>();
        for (long offset = from; ;)
        {
            FetchReply reply = Fetch(topic, partition, offset);
            Assert.Equal(ErrorCode.None, reply.Error);
            if (reply.Records.Length == 0)
            {
                return values;
            }

            for (int at = 0; at < reply.Records.Length;)
            {
                var header = new RecordBatchHeader(reply.Records.AsSpan(at));
                RecordEnumerator records = RecordBatchRecords.Enumerate(reply.Records.AsSpan(at, (int)header.TotalBytes));
                while (records.MoveNext())
                {
                    values[records.Current.Offset] = System.Text.Encoding.UTF8.GetString(records.Current.Value);
                }

                offset = header.LastOffset + 1;
                at += (int)header.TotalBytes;
            }
        }
    }

    public void Dispose() => _connection.Dispose();

    private byte[]? Ask(short key, short version, Action<KafkaWriter> write)
    {
        using var writer = new KafkaWriter(isFlexible: false);
        writer.WriteInt16(key);
        writer.WriteInt16(version);
        writer.WriteInt32(++_correlationId);
        writer.WriteNullableString("wire");
        write(writer);
        try
        {
            _connection.SendFrame(writer.Written.ToArray());
            byte[]? response = _connection.Receive();
            Assert.True(response is null || BinaryPrimitives.ReadInt32BigEndian(response) == _correlationId);
            return response;
        }
        catch (IOException)
        {
            return null;
        }
    }
}

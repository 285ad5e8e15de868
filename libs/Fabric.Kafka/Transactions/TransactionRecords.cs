using Fabric.Core;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Transactions;

/// <summary>
/// The records of <c>__transaction_state</c>, in Kafka's own forms where Kafka has one (big endian):
/// <code>
/// TransactionLogKey v0 (plain): int16 0 | string transactionalId
/// TransactionLogValue v1 (flexible): int16 1 | int64 producerId | int16 producerEpoch | int32 timeoutMs | int8 state
///     | array? { string topic | array int32 partitions | tags } | int64 lastUpdateMs | int64 startMs
///     | tags { 0 previousProducerId int64, 1000 previousEpoch int16 (ours) }
/// ProducerIdKey (ours, plain): int16 1000
/// ProducerIdValue (ours, plain): int64 first producer id that nobody was promised yet
/// </code>
/// A missing value deletes. Source: transaction-coordinator message definitions of Apache Kafka 4.0.
/// </summary>
internal static class TransactionRecords
{
    public const short TransactionKeyVersion = 0;
    public const short ProducerIdKeyVersion = 1000;

    private const short ValueVersion = 1;
    private const uint PreviousProducerIdTag = 0;
    private const uint PreviousEpochTag = 1000;
    private const int TopicBytesMin = 3;

    public static byte[] TransactionKey(string transactionalId)
    {
        using var writer = new KafkaWriter(isFlexible: false);
        writer.WriteInt16(TransactionKeyVersion);
        writer.WriteString(transactionalId);
        return writer.Written.ToArray();
    }

    public static byte[] ProducerIdKey()
    {
        using var writer = new KafkaWriter(isFlexible: false);
        writer.WriteInt16(ProducerIdKeyVersion);
        return writer.Written.ToArray();
    }

    public static byte[] ProducerIdValue(long next)
    {
        using var writer = new KafkaWriter(isFlexible: false);
        writer.WriteInt64(next);
        return writer.Written.ToArray();
    }

    public static byte[] TransactionValue(TransactionImage image)
    {
        using var writer = new KafkaWriter(isFlexible: true);
        writer.WriteInt16(ValueVersion);
        writer.WriteInt64(image.ProducerId);
        writer.WriteInt16(image.Epoch);
        writer.WriteInt32(image.TimeoutMs);
        writer.WriteInt8((sbyte)image.State);
        WritePartitions(writer, image);
        writer.WriteInt64(image.LastUpdateMs);
        writer.WriteInt64(image.StartMs);
        writer.WriteUnsignedVarint(2);
        writer.WriteUnsignedVarint(PreviousProducerIdTag);
        writer.WriteUnsignedVarint(sizeof(long));
        writer.WriteInt64(image.LastProducerId);
        writer.WriteUnsignedVarint(PreviousEpochTag);
        writer.WriteUnsignedVarint(sizeof(short));
        writer.WriteInt16(image.LastEpoch);
        return writer.Written.ToArray();
    }

    public static TransactionImage ReadTransaction(string transactionalId, ReadOnlySpan<byte> value)
    {
        var reader = new KafkaReader(value, isFlexible: true);
        short version = reader.ReadInt16();
        if (version != ValueVersion)
        {
            throw reader.Malformed($"a transaction of version {ValueVersion}, found {version}");
        }

        var image = new TransactionImage(transactionalId, reader.ReadInt64(), reader.ReadInt16())
        {
            TimeoutMs = reader.ReadInt32(), State = (TransactionState)reader.ReadInt8(), Partitions = ReadPartitions(ref reader),
            LastUpdateMs = reader.ReadInt64(), StartMs = reader.ReadInt64(),
        };
        return ReadTags(ref reader, image);
    }

    private static TransactionImage ReadTags(ref KafkaReader reader, TransactionImage image)
    {
        for (uint left = reader.ReadUnsignedVarint(); left > 0; left--)
        {
            uint tag = reader.ReadUnsignedVarint();
            int size = checked((int)reader.ReadUnsignedVarint());
            switch (tag)
            {
                case PreviousProducerIdTag:
                    image = image with { LastProducerId = reader.ReadInt64() };
                    break;
                case PreviousEpochTag:
                    image = image with { LastEpoch = reader.ReadInt16() };
                    break;
                default:
                    reader.Take(size);
                    break;
            }
        }

        return image;
    }

    private static void WritePartitions(KafkaWriter writer, TransactionImage image)
    {
        IGrouping<string, TopicPartition>[] topics = [.. image.Partitions.GroupBy(static partition => partition.Topic)];
        writer.WriteArrayLength(topics.Length);
        foreach (IGrouping<string, TopicPartition> topic in topics)
        {
            writer.WriteString(topic.Key);
            int[] partitions = [.. topic.Select(static partition => partition.Partition).Order()];
            writer.WriteArrayLength(partitions.Length);
            foreach (int partition in partitions)
            {
                writer.WriteInt32(partition);
            }

            writer.WriteEmptyTags();
        }
    }

    private static HashSet<TopicPartition> ReadPartitions(ref KafkaReader reader)
    {
        HashSet<TopicPartition> partitions = [];
        for (int topics = reader.ReadArrayLengthOrEmpty(TopicBytesMin); topics > 0; topics--)
        {
            string topic = reader.ReadString();
            for (int left = reader.ReadArrayLengthOrEmpty(sizeof(int)); left > 0; left--)
            {
                partitions.Add(new TopicPartition(topic, reader.ReadInt32()));
            }

            reader.SkipTags();
        }

        return partitions;
    }
}

using Fabric.Core;
using Fabric.Kafka.Broker;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>The topics of OffsetCommit and TxnOffsetCommit: what is to be committed, and what became of each.</summary>
internal sealed class CommitTopics
{
    private const int TopicBytesMin = 2;
    private const int PartitionBytesMin = 12;

    private readonly List<(string Topic, OffsetToCommit[] Offsets, ErrorCode[] Errors)> _topics = [];

    /// <summary>Reads the array of topics.</summary>
    /// <param name="leaderEpochSince">First version with a leader epoch.</param>
    /// <param name="timestampIn">The one version with a commit timestamp; it is read and not kept, as in Kafka.</param>
    public static CommitTopics Read(short version, short leaderEpochSince, short? timestampIn, ref KafkaReader body)
    {
        var topics = new CommitTopics();
        for (int left = body.ReadArrayLengthOrEmpty(TopicBytesMin); left > 0; left--)
        {
            string topic = body.ReadString();
            var offsets = new OffsetToCommit[body.ReadArrayLengthOrEmpty(PartitionBytesMin)];
            for (int i = 0; i < offsets.Length; i++)
            {
                var partition = new TopicPartition(topic, body.ReadInt32());
                long offset = body.ReadInt64();
                int leaderEpoch = version >= leaderEpochSince ? body.ReadInt32() : -1;
                if (version == timestampIn)
                {
                    body.ReadInt64();
                }

                offsets[i] = new OffsetToCommit(partition, offset, leaderEpoch, body.ReadNullableString());
                body.SkipTags();
            }

            body.SkipTags();
            topics._topics.Add((topic, offsets, new ErrorCode[offsets.Length]));
        }

        return topics;
    }

    /// <summary>Gives every partition the same outcome.</summary>
    public void FailAll(ErrorCode error)
    {
        foreach ((_, _, ErrorCode[] errors) in _topics)
        {
            Array.Fill(errors, error);
        }
    }

    /// <summary>Gives the same outcome to every partition that has no error of its own.</summary>
    public void Settle(ErrorCode error)
    {
        foreach ((_, _, ErrorCode[] errors) in _topics)
        {
            errors.AsSpan().Replace(ErrorCode.None, error);
        }
    }

    /// <summary>Those that may be committed; the others get their error.</summary>
    public List<OffsetToCommit> Judge(IBrokerContext broker, GroupCoordinator groups)
    {
        List<OffsetToCommit> accepted = [];
        foreach ((_, OffsetToCommit[] offsets, ErrorCode[] errors) in _topics)
        {
            for (int i = 0; i < offsets.Length; i++)
            {
                TopicPartition partition = offsets[i].Partition;
                errors[i] = !broker.TryGetLog(partition.Topic, partition.Partition, out _) ? ErrorCode.UnknownTopicOrPartition
                    : !groups.AcceptsMetadata(offsets[i].Metadata) ? ErrorCode.OffsetMetadataTooLarge
                    : ErrorCode.None;
                if (errors[i] == ErrorCode.None)
                {
                    accepted.Add(offsets[i]);
                }
            }
        }

        return accepted;
    }

    /// <summary>Writes the outcomes, in the order asked.</summary>
    public void Write(KafkaWriter response)
    {
        response.WriteArrayLength(_topics.Count);
        foreach ((string topic, OffsetToCommit[] offsets, ErrorCode[] errors) in _topics)
        {
            response.WriteString(topic);
            response.WriteArrayLength(offsets.Length);
            for (int i = 0; i < offsets.Length; i++)
            {
                response.WriteInt32(offsets[i].Partition.Partition);
                response.WriteError(errors[i].ForClient());
                response.WriteEmptyTags();
            }

            response.WriteEmptyTags();
        }
    }
}

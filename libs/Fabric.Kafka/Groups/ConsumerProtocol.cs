using Fabric.Kafka.Broker;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Groups;

/// <summary>
/// The coordinator's looks into what members and their leader tell each other: which topics are subscribed to, and whose the
/// partitions are.
/// <code>
/// ConsumerProtocolSubscription: int16 version | array string topics | bytes? userData | …
/// ConsumerProtocolAssignment:   int16 version | array { string topic | array int32 partitions } | bytes? userData
/// </code>
/// Plain, not flexible; KIP-429 added to the end. What a client's own assignor writes may be something else, and is no error.
/// </summary>
internal static class ConsumerProtocol
{
    /// <summary>The protocol type of groups whose members speak it.</summary>
    public const string Type = "consumer";

    /// <summary>Whether any member subscribes to the topic; true also when a member cannot be understood.</summary>
    public static bool IsSubscribed(Group group, string topic)
    {
        foreach (GroupMember member in group.Members)
        {
            foreach (GroupProtocol protocol in member.Protocols)
            {
                // Not for us to judge what cannot be read; to delete nothing is the safe side.
                if (Topics(protocol.Metadata) is not { } topics || topics.Contains(topic))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>
    /// Whether a partition of a subscribed topic belongs to no member of the present generation; false also when somebody
    /// cannot be understood.
    /// </summary>
    public static bool HasPartitionWithoutOwner(Group group, IBrokerContext broker)
    {
        if (group.ProtocolType != Type)
        {
            return false;
        }

        var subscribed = new HashSet<string>(StringComparer.Ordinal);
        var owned = new HashSet<(string Topic, int Partition)>();
        foreach (GroupMember member in group.Members)
        {
            if (Topics(member.MetadataFor(group.ProtocolName)) is not { } topics || !TryAddPartitions(member.Assignment, owned))
            {
                return false;
            }

            subscribed.UnionWith(topics);
        }

        foreach (string topic in subscribed)
        {
            for (int partition = 0; broker.TryGetLog(topic, partition, out _); partition++)
            {
                if (!owned.Contains((topic, partition)))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static HashSet<string>? Topics(byte[] subscription)
    {
        try
        {
            var topics = new HashSet<string>(StringComparer.Ordinal);
            var reader = new KafkaReader(subscription, isFlexible: false);
            reader.ReadInt16();
            for (int left = reader.ReadArrayLengthOrEmpty(2); left > 0; left--)
            {
                topics.Add(reader.ReadString());
            }

            return topics;
        }
        catch (ProtocolException)
        {
            return null;
        }
    }

    private static bool TryAddPartitions(byte[] assignment, HashSet<(string Topic, int Partition)> partitions)
    {
        if (assignment.Length == 0)
        {
            return true; // a leader need not name those who get nothing
        }

        try
        {
            var reader = new KafkaReader(assignment, isFlexible: false);
            reader.ReadInt16();
            for (int topics = reader.ReadArrayLengthOrEmpty(6); topics > 0; topics--)
            {
                string topic = reader.ReadString();
                for (int left = reader.ReadArrayLengthOrEmpty(4); left > 0; left--)
                {
                    partitions.Add((topic, reader.ReadInt32()));
                }
            }

            return true;
        }
        catch (ProtocolException)
        {
            return false;
        }
    }
}

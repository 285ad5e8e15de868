using Fabric.Core;
using Fabric.Kafka.Protocol;

namespace Fabric.Simulation.Kafka;

/// <summary>
/// The leader's part of the cooperative protocol (KIP-429) for one topic: who holds a partition keeps it while the shares stay
/// even; one that must move is given to nobody until its holder has given it up.
/// </summary>
internal static class CooperativeAssignor
{
    private const short SubscriptionVersion = 1;

    public static Dictionary<string, byte[]> Assign(string topic, int partitions, List<GroupPeer> members)
    {
        GroupPeer[] ordered = [.. members.OrderBy(member => member.InstanceId ?? member.MemberId, StringComparer.Ordinal)];
        var owners = new Dictionary<int, int>();
        var kept = new List<int>[ordered.Length];
        int floor = partitions / ordered.Length, extra = partitions % ordered.Length;
        for (int i = 0; i < ordered.Length; i++)
        {
            kept[i] = [];
            foreach (int partition in Owned(ordered[i].Subscription).Where(each => owners.TryAdd(each, i)))
            {
                bool hasRoom = kept[i].Count < floor || (kept[i].Count == floor && extra > 0);
                if (hasRoom && partition < partitions)
                {
                    extra -= kept[i].Count == floor ? 1 : 0;
                    kept[i].Add(partition);
                }
            }
        }

        foreach (int free in Enumerable.Range(0, partitions).Where(partition => !owners.ContainsKey(partition)))
        {
            kept.MinBy(static list => list.Count)!.Add(free);
        }

        return Enumerable.Range(0, ordered.Length).ToDictionary(i => ordered[i].MemberId, i => WriteAssignment(topic, kept[i]));
    }

    public static byte[] WriteSubscription(string topic, IReadOnlyCollection<TopicPartition> owned)
    {
        using var subscription = new KafkaWriter(isFlexible: false);
        subscription.WriteInt16(SubscriptionVersion);
        subscription.WriteArrayLength(1);
        subscription.WriteString(topic);
        subscription.WriteNullableBytes(null);
        WritePartitions(subscription, topic, [.. owned.Select(partition => partition.Partition)]);
        return subscription.Written.ToArray();
    }

    public static HashSet<TopicPartition> ReadAssignment(byte[] assignment)
    {
        if (assignment.Length == 0)
        {
            return [];
        }

        var reader = new KafkaReader(assignment, isFlexible: false);
        reader.ReadInt16();
        return [.. ReadPartitions(ref reader)];
    }

    private static byte[] WriteAssignment(string topic, List<int> partitions)
    {
        using var assignment = new KafkaWriter(isFlexible: false);
        assignment.WriteInt16(SubscriptionVersion);
        WritePartitions(assignment, topic, partitions);
        assignment.WriteNullableBytes(null);
        return assignment.Written.ToArray();
    }

    private static void WritePartitions(KafkaWriter body, string topic, List<int> partitions)
    {
        body.WriteArrayLength(1);
        body.WriteString(topic);
        body.WriteArrayLength(partitions.Count);
        partitions.ForEach(body.WriteInt32);
    }

    private static List<int> Owned(byte[] subscription)
    {
        var reader = new KafkaReader(subscription, isFlexible: false);
        reader.ReadInt16();
        for (int topics = reader.ReadArrayLength(1); topics > 0; topics--)
        {
            reader.ReadString();
        }

        reader.TryReadNullableBytes(out _);
        return [.. ReadPartitions(ref reader).Select(partition => partition.Partition)];
    }

    private static List<TopicPartition> ReadPartitions(ref KafkaReader reader)
    {
        var partitions = new List<TopicPartition>();
        for (int topics = reader.ReadArrayLength(1); topics > 0; topics--)
        {
            string topic = reader.ReadString();
            for (int left = reader.ReadArrayLength(4); left > 0; left--)
            {
                partitions.Add(new TopicPartition(topic, reader.ReadInt32()));
            }
        }

        return partitions;
    }
}

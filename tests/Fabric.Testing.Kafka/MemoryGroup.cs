using Fabric.Core;

namespace Fabric.Testing.Kafka;

/// <summary>Who of a group holds which partition; cooperative: a partition is free only when its holder gave it up or died.</summary>
/// <remarks>Guarded by the lock of its Kafka.</remarks>
public sealed class MemoryGroup
{
    private readonly List<MemoryConsumer> _members = [];
    private readonly Dictionary<TopicPartition, MemoryConsumer> _holders = [];

    public void Join(MemoryConsumer member)
    {
        if (!_members.Contains(member))
        {
            _members.Add(member);
        }
    }

    public void Leave(MemoryConsumer member)
    {
        _members.Remove(member);
        foreach (TopicPartition partition in HeldBy(member))
        {
            _holders.Remove(partition);
        }
    }

    public void Expire()
    {
        _members.Clear();
        _holders.Clear();
    }

    public bool IsMember(MemoryConsumer member) => _members.Contains(member);

    public TopicPartition[] HeldBy(MemoryConsumer member) =>
        [.. _holders.Where(pair => ReferenceEquals(pair.Value, member)).Select(pair => pair.Key)];

    public TopicPartition[] TargetOf(MemoryConsumer member, IEnumerable<TopicPartition> all) =>
        [.. all.Where(partition => ReferenceEquals(_members[partition.Partition % _members.Count], member))];

    public bool IsFree(TopicPartition partition) => !_holders.ContainsKey(partition);

    public void Hold(TopicPartition partition, MemoryConsumer member) => _holders[partition] = member;

    public void GiveUp(TopicPartition partition) => _holders.Remove(partition);
}

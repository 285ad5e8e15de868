using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Groups;

/// <summary>Writes what a group must remember: generation, protocol, members and their assignments.</summary>
internal sealed class GroupJournal(CoordinatorLog log)
{
    /// <summary>Writes the group as it is now.</summary>
    public void WriteGroup(Group group, Action<ErrorCode> then) =>
        log.Append([new LogEntry(GroupRecords.GroupKey(group.Id), GroupRecords.GroupValue(group))], then);

    /// <summary>Writes that the group is no more.</summary>
    public void WriteDeletion(string groupId, Action<ErrorCode> then) =>
        log.Append([new LogEntry(GroupRecords.GroupKey(groupId), null)], then);
}

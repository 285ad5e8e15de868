using Fabric.Kafka.Broker;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Groups;

/// <summary>All groups and their offsets, as the log <c>__consumer_offsets</c> remembers them.</summary>
internal sealed class GroupRegistry
{
    private readonly IBrokerContext _context;
    private readonly Dictionary<string, Group> _groups = [];
    private readonly CoordinatorLog _log;

    public GroupRegistry(IBrokerContext context, string logName)
    {
        _context = context;
        _log = new CoordinatorLog(context, logName);
        Journal = new GroupJournal(_log);
        Offsets = new OffsetStore(_log);
    }

    public GroupJournal Journal { get; }

    /// <summary>Committed offsets, and those waiting for a transaction.</summary>
    public OffsetStore Offsets { get; }

    /// <summary>Every group there is. A snapshot.</summary>
    public IReadOnlyList<Group> All => [.. _groups.Values];

    /// <summary>Reads the log. To be called once, before anything else.</summary>
    public void Load()
    {
        _log.Replay(LoadEntry);
        foreach (string groupId in Offsets.Groups)
        {
            GetOrAdd(groupId);
        }
    }

    public Group? Find(string groupId) => _groups.GetValueOrDefault(groupId);

    public Group GetOrAdd(string groupId)
    {
        if (!_groups.TryGetValue(groupId, out Group? group))
        {
            _groups.Add(groupId, group = new Group(groupId, _context.NowMs));
        }

        return group;
    }

    /// <summary>Deletes an empty group and all its offsets.</summary>
    public void Forget(Group group, Action<ErrorCode> then)
    {
        Offsets.Delete(Offsets.IdsOfGroup(group.Id), static _ => { });
        Journal.WriteDeletion(group.Id, error =>
        {
            // Somebody may have joined or committed in the meantime: then the group lives on.
            if (error == ErrorCode.None && group.State == GroupState.Empty && Find(group.Id) == group)
            {
                group.TransitionTo(GroupState.Dead, _context.NowMs);
                _groups.Remove(group.Id);
            }

            then(error);
        });
    }

    private void LoadEntry(long offset, ReadOnlySpan<byte> key, bool hasValue, ReadOnlySpan<byte> value)
    {
        var reader = new KafkaReader(key, isFlexible: false);
        switch (GroupRecords.ReadKeyVersion(ref reader))
        {
            case GroupRecords.OffsetKeyVersion:
                OffsetId id = GroupRecords.ReadOffsetId(ref reader);
                Offsets.Restore(id, hasValue ? GroupRecords.ReadOffsetValue(value, offset) : null);
                break;
            case GroupRecords.PendingOffsetKeyVersion:
                long producerId = reader.ReadInt64();
                OffsetId pending = GroupRecords.ReadOffsetId(ref reader);
                Offsets.RestorePending(producerId, pending, hasValue ? GroupRecords.ReadOffsetValue(value, offset) : null);
                break;
            case GroupRecords.GroupKeyVersion when hasValue:
                string groupId = reader.ReadString();
                _groups[groupId] = GroupRecords.ReadGroup(groupId, value, _context.NowMs);
                break;
            case GroupRecords.GroupKeyVersion:
                _groups.Remove(reader.ReadString());
                break;
            case var version:
                throw reader.Malformed($"a key of a version this coordinator knows, found {version}");
        }
    }
}

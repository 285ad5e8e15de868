using Fabric.Core;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Groups;

/// <summary>
/// Committed offsets, and those that wait for the outcome of a transaction. An offset becomes visible when its record is
/// durable; an offset of a transaction makes its partition unstable from the moment it is accepted.
/// </summary>
/// <remarks>
/// Of an offset committed plainly and one committed by a transaction the one accepted last stays, whichever way the transaction
/// ends, as in Kafka. Runs on the loop.
/// </remarks>
internal sealed class OffsetStore(CoordinatorLog log)
{
    private readonly Dictionary<string, SortedDictionary<TopicPartition, CommittedOffset>> _committed = [];
    private readonly Dictionary<long, Dictionary<OffsetId, CommittedOffset>> _pending = [];
    private readonly Dictionary<OffsetId, int> _unstable = [];

    /// <summary>Producers with offsets that wait for their transaction.</summary>
    public IReadOnlyCollection<long> PendingProducers => _pending.Keys;

    public CommittedOffset? Find(string groupId, TopicPartition partition) =>
        _committed.TryGetValue(groupId, out SortedDictionary<TopicPartition, CommittedOffset>? offsets)
            ? offsets.GetValueOrDefault(partition)
            : null;

    /// <summary>All offsets of a group, in order of topic and partition. A snapshot.</summary>
    public IReadOnlyList<KeyValuePair<TopicPartition, CommittedOffset>> OfGroup(string groupId) =>
        _committed.TryGetValue(groupId, out SortedDictionary<TopicPartition, CommittedOffset>? offsets) ? [.. offsets] : [];

    /// <summary>Groups that have offsets. A snapshot.</summary>
    public IReadOnlyList<string> Groups => [.. _committed.Keys];

    /// <summary>Whether a transaction that has not ended would change this offset.</summary>
    public bool IsUnstable(string groupId, TopicPartition partition) => _unstable.ContainsKey(new OffsetId(groupId, partition));

    /// <summary>Whether a transaction that has not ended holds any offset of the group.</summary>
    public bool HasPending(string groupId) => _unstable.Keys.Any(id => id.GroupId == groupId);

    /// <summary>Makes plain commits durable, then visible.</summary>
    public void Commit(string groupId, IReadOnlyList<KeyValuePair<TopicPartition, CommittedOffset>> offsets, Action<ErrorCode> then)
    {
        var batch = new List<LogEntry>(offsets.Count);
        foreach ((TopicPartition partition, CommittedOffset offset) in offsets)
        {
            batch.Add(new LogEntry(GroupRecords.OffsetKey(new OffsetId(groupId, partition)), GroupRecords.OffsetValue(offset)));
        }

        long baseOffset = 0;
        baseOffset = log.Append(batch, error =>
        {
            for (int i = 0; error == ErrorCode.None && i < offsets.Count; i++)
            {
                Put(groupId, offsets[i].Key, offsets[i].Value with { RecordOffset = baseOffset + i });
            }

            then(error);
        });
    }

    /// <summary>
    /// Keeps offsets for the outcome of the producer's transaction. They count from the moment they are in the log, so that an
    /// end that overtakes their becoming durable still finds them.
    /// </summary>
    public void AddPending(
        long producerId, string groupId, IReadOnlyList<KeyValuePair<TopicPartition, CommittedOffset>> offsets, Action<ErrorCode> then)
    {
        var batch = new List<LogEntry>(offsets.Count);
        var former = new List<CommittedOffset?>(offsets.Count);
        foreach ((TopicPartition partition, CommittedOffset offset) in offsets)
        {
            var id = new OffsetId(groupId, partition);
            former.Add(_pending.GetValueOrDefault(producerId)?.GetValueOrDefault(id));
            batch.Add(new LogEntry(GroupRecords.PendingOffsetKey(producerId, id), GroupRecords.OffsetValue(offset)));
        }

        long baseOffset = log.Append(batch, error =>
        {
            for (int i = 0; error != ErrorCode.None && i < offsets.Count; i++)
            {
                RestorePending(producerId, new OffsetId(groupId, offsets[i].Key), former[i]);
            }

            then(error);
        });
        for (int i = 0; i < offsets.Count; i++)
        {
            PutPending(producerId, new OffsetId(groupId, offsets[i].Key), offsets[i].Value with { RecordOffset = baseOffset + i });
        }
    }

    /// <summary>
    /// Ends the producer's transaction as far as offsets go: one batch with the commits and the end of their waiting. Nothing
    /// is written when nothing waits, so that it may be repeated after a crash.
    /// </summary>
    /// <returns>False when there was nothing to do: <paramref name="then"/> is not called.</returns>
    public bool Complete(long producerId, bool isCommit, Action<ErrorCode> then)
    {
        if (!_pending.TryGetValue(producerId, out Dictionary<OffsetId, CommittedOffset>? pending))
        {
            return false;
        }

        KeyValuePair<OffsetId, CommittedOffset>[] outcome = [.. pending];
        var batch = new List<LogEntry>(outcome.Length * 2);
        List<(int Place, OffsetId Id, CommittedOffset Offset)> commits = [];
        foreach ((OffsetId id, CommittedOffset offset) in outcome)
        {
            if (isCommit && (Find(id.GroupId, id.Partition) is not { } current || current.RecordOffset < offset.RecordOffset))
            {
                commits.Add((batch.Count, id, offset));
                batch.Add(new LogEntry(GroupRecords.OffsetKey(id), GroupRecords.OffsetValue(offset)));
            }

            batch.Add(new LogEntry(GroupRecords.PendingOffsetKey(producerId, id), null));
        }

        long baseOffset = 0;
        baseOffset = log.Append(batch, error =>
        {
            if (error == ErrorCode.None)
            {
                foreach ((int place, OffsetId id, CommittedOffset offset) in commits)
                {
                    Put(id.GroupId, id.Partition, offset with { RecordOffset = baseOffset + place });
                }

                RemovePending(producerId, outcome);
            }

            then(error);
        });
        return true;
    }

    /// <summary>Deletes offsets, committed and waiting.</summary>
    public void Delete(IReadOnlyCollection<OffsetId> ids, Action<ErrorCode> then)
    {
        List<LogEntry> batch = [];
        List<(long ProducerId, OffsetId Id)> waiting = [];
        foreach (OffsetId id in ids)
        {
            batch.Add(new LogEntry(GroupRecords.OffsetKey(id), null));
            foreach ((long producerId, Dictionary<OffsetId, CommittedOffset> pending) in _pending)
            {
                if (pending.ContainsKey(id))
                {
                    waiting.Add((producerId, id));
                    batch.Add(new LogEntry(GroupRecords.PendingOffsetKey(producerId, id), null));
                }
            }
        }

        log.Append(batch, error =>
        {
            if (error == ErrorCode.None)
            {
                foreach (OffsetId id in ids)
                {
                    Remove(id);
                }

                foreach ((long producerId, OffsetId id) in waiting)
                {
                    RemovePending(producerId, id);
                }
            }

            then(error);
        });
    }

    /// <summary>All offsets of a topic, committed or waiting, for when it is deleted.</summary>
    public IReadOnlyCollection<OffsetId> OfTopic(string topic)
    {
        HashSet<OffsetId> ids = [.. _unstable.Keys.Where(id => id.Partition.Topic == topic)];
        foreach ((string groupId, SortedDictionary<TopicPartition, CommittedOffset> offsets) in _committed)
        {
            ids.UnionWith(offsets.Keys.Where(partition => partition.Topic == topic).Select(partition => new OffsetId(groupId, partition)));
        }

        return ids;
    }

    /// <summary>All offsets of a group, committed or waiting.</summary>
    public IReadOnlyCollection<OffsetId> IdsOfGroup(string groupId) =>
        [.. OfGroup(groupId).Select(offset => new OffsetId(groupId, offset.Key)).Union(_unstable.Keys.Where(id => id.GroupId == groupId))];

    /// <summary>Takes one committed offset as found in the log; null deletes it.</summary>
    public void Restore(OffsetId id, CommittedOffset? offset)
    {
        if (offset is null)
        {
            Remove(id);
        }
        else
        {
            Put(id.GroupId, id.Partition, offset);
        }
    }

    /// <summary>Takes one waiting offset as found in the log; null ends its waiting.</summary>
    public void RestorePending(long producerId, OffsetId id, CommittedOffset? offset)
    {
        if (offset is null)
        {
            RemovePending(producerId, id);
        }
        else
        {
            PutPending(producerId, id, offset);
        }
    }

    private void Put(string groupId, TopicPartition partition, CommittedOffset offset)
    {
        if (!_committed.TryGetValue(groupId, out SortedDictionary<TopicPartition, CommittedOffset>? offsets))
        {
            _committed.Add(groupId, offsets = []);
        }

        offsets[partition] = offset;
    }

    private void Remove(OffsetId id)
    {
        if (_committed.TryGetValue(id.GroupId, out SortedDictionary<TopicPartition, CommittedOffset>? offsets)
            && offsets.Remove(id.Partition) && offsets.Count == 0)
        {
            _committed.Remove(id.GroupId);
        }
    }

    private void PutPending(long producerId, OffsetId id, CommittedOffset offset)
    {
        if (!_pending.TryGetValue(producerId, out Dictionary<OffsetId, CommittedOffset>? pending))
        {
            _pending.Add(producerId, pending = []);
        }

        if (!pending.ContainsKey(id))
        {
            _unstable[id] = _unstable.GetValueOrDefault(id) + 1;
        }

        pending[id] = offset;
    }

    private void RemovePending(long producerId, KeyValuePair<OffsetId, CommittedOffset>[] offsets)
    {
        foreach ((OffsetId id, _) in offsets)
        {
            RemovePending(producerId, id);
        }
    }

    private void RemovePending(long producerId, OffsetId id)
    {
        if (_pending.TryGetValue(producerId, out Dictionary<OffsetId, CommittedOffset>? pending) && pending.Remove(id))
        {
            Release(id);
            if (pending.Count == 0)
            {
                _pending.Remove(producerId);
            }
        }
    }

    private void Release(OffsetId id)
    {
        int left = _unstable[id] - 1;
        if (left == 0)
        {
            _unstable.Remove(id);
        }
        else
        {
            _unstable[id] = left;
        }
    }
}

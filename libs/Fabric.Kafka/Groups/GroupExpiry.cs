using Fabric.Core;
using Fabric.Kafka.Broker;

namespace Fabric.Kafka.Groups;

/// <summary>Forgets the offsets of groups that nobody has used for long, and then the groups.</summary>
internal sealed class GroupExpiry(IBrokerContext context, GroupOptions options, GroupRegistry groups)
{
    /// <summary>Looks now and then, from now on.</summary>
    public void Start() =>
        context.ScheduleAt(context.NowMs + (long)options.ExpiryCheckInterval.TotalMilliseconds, () =>
        {
            Expire();
            Start();
        });

    private void Expire()
    {
        foreach (Group group in groups.All.Where(static group => group.State == GroupState.Empty))
        {
            List<OffsetId> expired = [];
            IReadOnlyList<KeyValuePair<TopicPartition, CommittedOffset>> offsets = groups.Offsets.OfGroup(group.Id);
            foreach ((TopicPartition partition, CommittedOffset offset) in offsets)
            {
                if (IsExpired(group, offset) && !groups.Offsets.IsUnstable(group.Id, partition))
                {
                    expired.Add(new OffsetId(group.Id, partition));
                }
            }

            if (expired.Count == offsets.Count && !groups.Offsets.HasPending(group.Id) && group.PendingJoins.Count == 0)
            {
                groups.Forget(group, static _ => { });
            }
            else if (expired.Count > 0)
            {
                groups.Offsets.Delete(expired, static _ => { });
            }
        }
    }

    private bool IsExpired(Group group, CommittedOffset offset)
    {
        if (offset.ExpireTimestampMs is { } expireTimestampMs)
        {
            return context.NowMs >= expireTimestampMs;
        }

        // A group that had members keeps its offsets from when the last one left; one that only stores offsets, from each commit.
        long sinceMs = group.ProtocolType is null ? offset.CommitTimestampMs : group.StateSinceMs;
        return context.NowMs - sinceMs >= (long)options.OffsetsRetention.TotalMilliseconds;
    }
}

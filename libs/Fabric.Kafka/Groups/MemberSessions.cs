using Fabric.Kafka.Broker;

namespace Fabric.Kafka.Groups;

/// <summary>
/// Ends the sessions of members that are not heard of. A heartbeat only moves a deadline; one check per member is scheduled
/// at a time, and schedules itself again for as long as the deadline has moved.
/// </summary>
internal sealed class MemberSessions(
    IBrokerContext context, Action<Group, GroupMember> onEnded, Action<Group, string> onPendingJoinEnded)
{
    /// <summary>Something was heard of the member: its session lasts that much longer.</summary>
    public void Touch(Group group, GroupMember member, long timeoutMs)
    {
        member.SessionDeadlineMs = context.NowMs + timeoutMs;
        if (!member.IsExpiryScheduled)
        {
            ScheduleCheck(group, member, member.SessionDeadlineMs);
        }
        else if (member.SessionDeadlineMs < member.CheckAtMs)
        {
            // A shorter session than before (a new member that has now joined): the pending check would come too late.
            ScheduleCheck(group, member, member.SessionDeadlineMs);
        }
    }

    /// <summary>An id was handed out; its owner has that long to come back with it.</summary>
    public void ExpectJoin(Group group, string memberId, int timeoutMs)
    {
        long deadlineMs = context.NowMs + timeoutMs;
        group.PendingJoins[memberId] = deadlineMs;
        context.ScheduleAt(deadlineMs, () =>
        {
            if (group.State != GroupState.Dead && group.PendingJoins.TryGetValue(memberId, out long due) && due == deadlineMs)
            {
                onPendingJoinEnded(group, memberId);
            }
        });
    }

    private void ScheduleCheck(Group group, GroupMember member, long atMs)
    {
        member.IsExpiryScheduled = true;
        member.CheckAtMs = atMs;
        context.ScheduleAt(atMs, () => Check(group, member, atMs));
    }

    private void Check(Group group, GroupMember member, long scheduledForMs)
    {
        if (member.CheckAtMs != scheduledForMs)
        {
            return;
        }

        member.IsExpiryScheduled = false;
        bool isCurrent = group.State != GroupState.Dead
            && group.TryGetMember(member.MemberId, out GroupMember? current) && ReferenceEquals(current, member);
        if (!isCurrent)
        {
            return;
        }

        if (context.NowMs < member.SessionDeadlineMs)
        {
            ScheduleCheck(group, member, member.SessionDeadlineMs);
        }
        else if (!member.IsNew && (member.AwaitingJoin is not null || member.AwaitingSync is not null))
        {
            // It waits for us, not we for it. The answer to what it waits for starts its session anew.
            return;
        }
        else
        {
            onEnded(group, member);
        }
    }
}

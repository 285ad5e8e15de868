namespace Fabric.Kafka.Groups;

/// <summary>One way of assigning partitions that a member knows, with what it tells the leader about itself.</summary>
internal readonly record struct GroupProtocol(string Name, byte[] Metadata);

/// <summary>One member of a group: who it is, what it can do, what it was given, and which answers it waits for.</summary>
internal sealed class GroupMember
{
    public required string MemberId { get; init; }

    /// <summary><c>group.instance.id</c> of a static member; null for a dynamic one.</summary>
    public string? InstanceId { get; init; }

    public required string ClientId { get; init; }

    public required string ClientHost { get; init; }

    public required string ProtocolType { get; init; }

    public int RebalanceTimeoutMs { get; set; }

    public int SessionTimeoutMs { get; set; }

    public IReadOnlyList<GroupProtocol> Protocols { get; set; } = [];

    /// <summary>The leader's last word for this member; empty before the first sync.</summary>
    public byte[] Assignment { get; set; } = [];

    /// <summary>Added in the current rebalance: it has no member id to heartbeat with yet, so its join can time out.</summary>
    public bool IsNew { get; set; }

    /// <summary>When the session ends unless something is heard before; milliseconds of Unix time.</summary>
    public long SessionDeadlineMs { get; set; }

    /// <summary>Whether a check of the deadline is scheduled.</summary>
    public bool IsExpiryScheduled { get; set; }

    /// <summary>When the check that counts is scheduled for; an earlier or later one does nothing.</summary>
    public long CheckAtMs { get; set; }

    /// <summary>The answer to a join that is parked until everybody has joined.</summary>
    public Action<JoinReply>? AwaitingJoin { get; set; }

    /// <summary>The answer to a sync that is parked until the leader's assignment is durable.</summary>
    public Action<SyncReply>? AwaitingSync { get; set; }

    public bool IsStatic => InstanceId is not null;

    /// <summary>What the member says of itself under that protocol; empty when it does not know the protocol.</summary>
    public byte[] MetadataFor(string? protocol)
    {
        foreach (GroupProtocol known in Protocols)
        {
            if (known.Name == protocol)
            {
                return known.Metadata;
            }
        }

        return [];
    }

    /// <summary>Whether these are the protocols the member already has, in order and byte for byte.</summary>
    public bool Matches(IReadOnlyList<GroupProtocol> protocols)
    {
        if (protocols.Count != Protocols.Count)
        {
            return false;
        }

        for (int i = 0; i < protocols.Count; i++)
        {
            if (protocols[i].Name != Protocols[i].Name
                || !protocols[i].Metadata.AsSpan().SequenceEqual(Protocols[i].Metadata))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The first of its protocols, in its own order of preference, that everybody knows.</summary>
    public string? Vote(IReadOnlySet<string> candidates)
    {
        foreach (GroupProtocol known in Protocols)
        {
            if (candidates.Contains(known.Name))
            {
                return known.Name;
            }
        }

        return null;
    }

    /// <summary>Answers a parked join, if there is one.</summary>
    public void AnswerJoin(JoinReply reply)
    {
        Action<JoinReply>? answer = AwaitingJoin;
        AwaitingJoin = null;
        answer?.Invoke(reply);
    }

    /// <summary>Answers a parked sync, if there is one; whether there was.</summary>
    public bool AnswerSync(SyncReply reply)
    {
        Action<SyncReply>? answer = AwaitingSync;
        AwaitingSync = null;
        answer?.Invoke(reply);
        return answer is not null;
    }
}

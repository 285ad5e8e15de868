namespace Fabric.Kafka.Groups;

/// <summary>Where a classic group stands. The names are those that describe and list answer with.</summary>
/// <remarks>
/// Empty -> PreparingRebalance -> CompletingRebalance -> Stable, back to PreparingRebalance on any change of membership, to
/// Empty when the last member is gone. Dead: forgotten; whoever still holds the object must not act on it.
/// </remarks>
internal enum GroupState
{
    /// <summary>No members; offsets may be there.</summary>
    Empty,

    /// <summary>Members are asked to join (again); who is here waits.</summary>
    PreparingRebalance,

    /// <summary>Everybody has joined; the leader's assignment is awaited.</summary>
    CompletingRebalance,

    /// <summary>The assignment is durable and handed out.</summary>
    Stable,

    /// <summary>Deleted or expired.</summary>
    Dead,
}

namespace Fabric.Kafka.Clients;

/// <summary>
/// Tells whether whoever was fenced has a rival. Kafka fences for two reasons and names one: another took the id; or nobody did,
/// but a transaction stood open for longer than it may (a suspended machine, a disk that stalls). The second needs new clients
/// and nothing else. The first comes again soon, since both want the id: who is fenced for the third time leaves it to the other.
/// </summary>
/// <remarks>Not thread-safe: its owner is the one that is fenced.</remarks>
public sealed class FencingWatch(TimeProvider clock)
{
    private const int FencedMax = 3;
    private static readonly TimeSpan Within = TimeSpan.FromMinutes(10);

    private readonly Queue<long> _fencedAt = new();

    /// <summary>Counts one more; true when there were too many within ten minutes.</summary>
    public bool IsTakenOver()
    {
        while (_fencedAt.TryPeek(out long oldest) && clock.GetElapsedTime(oldest) > Within)
        {
            _fencedAt.Dequeue();
        }

        _fencedAt.Enqueue(clock.GetTimestamp());
        return _fencedAt.Count >= FencedMax;
    }
}

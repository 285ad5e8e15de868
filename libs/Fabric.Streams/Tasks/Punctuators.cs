namespace Fabric.Streams.Tasks;

/// <summary>The punctuators of one task, on one of its two clocks.</summary>
internal sealed class Punctuators
{
    private readonly List<Punctuation> _all = [];

    public long NextDueMs { get; private set; } = long.MaxValue;

    public IPunctuation Add(string node, long intervalMs, long firstDueMs, Action<long> callback)
    {
        var punctuation = new Punctuation(this, node, intervalMs, firstDueMs, callback);
        _all.Add(punctuation);
        NextDueMs = Math.Min(NextDueMs, firstDueMs);
        return punctuation;
    }

    /// <summary>Takes one that is due and sets its next time; null when none is.</summary>
    public Punctuation? TakeDue(long nowMs)
    {
        if (nowMs < NextDueMs)
        {
            return null;
        }

        Punctuation? due = null;
        foreach (Punctuation punctuation in _all)
        {
            if (punctuation.DueMs <= nowMs && (due is null || punctuation.DueMs < due.DueMs))
            {
                due = punctuation;
            }
        }

        due?.Rearm(nowMs);
        Recompute();
        return due;
    }

    public void Clear()
    {
        _all.Clear();
        NextDueMs = long.MaxValue;
    }

    private void Recompute()
    {
        NextDueMs = long.MaxValue;
        foreach (Punctuation punctuation in _all)
        {
            NextDueMs = Math.Min(NextDueMs, punctuation.DueMs);
        }
    }

    internal sealed class Punctuation(Punctuators owner, string node, long intervalMs, long dueMs, Action<long> callback)
        : IPunctuation
    {
        public string Node { get; } = node;

        public long DueMs { get; private set; } = dueMs;

        public void Fire(long nowMs) => callback(nowMs);

        /// <summary>The next time on its own grid that lies after now: what was missed is not made up for.</summary>
        public void Rearm(long nowMs) => DueMs += (((nowMs - DueMs) / intervalMs) + 1) * intervalMs;

        public void Cancel()
        {
            owner._all.Remove(this);
            owner.Recompute();
        }
    }
}

namespace Fabric.Twins;

/// <summary>Every validity interval of one source point, in order of time and without overlap. Immutable, thread-safe.</summary>
public sealed class PointTimeline
{
    private readonly BindingInterval[] _intervals;

    /// <param name="intervals">At least one; any order.</param>
    /// <exception cref="ArgumentException">Two overlap, or one is empty.</exception>
    public PointTimeline(IEnumerable<BindingInterval> intervals)
    {
        _intervals = [.. intervals.OrderBy(interval => interval.FromMicros)];
        for (int i = 0; i < _intervals.Length; i++)
        {
            if (_intervals[i].FromMicros >= _intervals[i].ToMicros
                || (i > 0 && _intervals[i].FromMicros < _intervals[i - 1].ToMicros))
            {
                throw new ArgumentException("Intervals of one point must not be empty nor overlap", nameof(intervals));
            }
        }
    }

    public IReadOnlyList<BindingInterval> Intervals => _intervals;

    /// <summary>What the point meant at that moment; null when nobody had bound it then.</summary>
    public BindingInterval? At(long observedAtMicros)
    {
        int low = 0, high = _intervals.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >> 1;
            BindingInterval interval = _intervals[middle];
            if (observedAtMicros < interval.FromMicros)
            {
                high = middle - 1;
            }
            else if (observedAtMicros >= interval.ToMicros)
            {
                low = middle + 1;
            }
            else
            {
                return interval;
            }
        }

        return null;
    }
}

namespace Fabric.Kafka.Log;

/// <summary>The segments of a log in the order of their offsets, never empty once the log is open. Used on the loop only.</summary>
internal sealed class SegmentList
{
    private readonly List<LogSegment> _segments = [];

    public int Count => _segments.Count;

    public LogSegment this[int index] => _segments[index];

    public LogSegment First => _segments[0];

    /// <summary>The one that takes appends.</summary>
    public LogSegment Active => _segments[^1];

    public long SizeBytes
    {
        get
        {
            long total = 0;
            foreach (LogSegment segment in _segments)
            {
                total += segment.SizeBytes;
            }

            return total;
        }
    }

    public void Add(LogSegment segment) => _segments.Add(segment);

    public void RemoveAt(int index) => _segments.RemoveAt(index);

    public int IndexOf(LogSegment segment) => _segments.IndexOf(segment);

    /// <summary>Puts one segment in the place of several.</summary>
    public void Replace(int index, int count, LogSegment with)
    {
        _segments.RemoveRange(index, count);
        _segments.Insert(index, with);
    }

    /// <summary>Index of the last segment that begins at or before <paramref name="offset"/>; 0 when all begin after it.</summary>
    public int FloorIndex(long offset)
    {
        int low = 0, high = _segments.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            (low, high) = _segments[middle].BaseOffset <= offset ? (middle + 1, high) : (low, middle);
        }

        return Math.Max(0, low - 1);
    }
}

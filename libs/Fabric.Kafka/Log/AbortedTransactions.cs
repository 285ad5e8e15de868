namespace Fabric.Kafka.Log;

/// <summary>A transaction that was taken back: readers of committed records must drop what its producer wrote in that range.</summary>
/// <param name="FirstOffset">Its first record.</param>
/// <param name="LastOffset">Its abort marker.</param>
/// <param name="LastStableOffset">The last stable offset when it ended: no later entry begins before it.</param>
internal readonly record struct AbortedTransaction(
    long ProducerId, long FirstOffset, long LastOffset, long LastStableOffset);

/// <summary>The aborted transactions of a log, in the order of their markers. Used on the loop only.</summary>
internal sealed class AbortedTransactions
{
    private readonly List<AbortedTransaction> _byMarker = [];

    public int Count => _byMarker.Count;

    /// <summary>Ignored when its marker is not after the last one's: replay meets transactions that a seal has told of.</summary>
    public void Add(AbortedTransaction aborted)
    {
        if (_byMarker.Count == 0 || aborted.LastOffset > _byMarker[^1].LastOffset)
        {
            _byMarker.Add(aborted);
        }
    }

    /// <summary>Those that touch offsets from <paramref name="fromOffset"/> up to, not including, <paramref name="endOffset"/>.</summary>
    public IReadOnlyList<AbortedTransaction> Overlapping(long fromOffset, long endOffset)
    {
        List<AbortedTransaction>? found = null;
        for (int i = FirstWithMarkerFrom(fromOffset); i < _byMarker.Count; i++)
        {
            AbortedTransaction aborted = _byMarker[i];
            if (aborted.FirstOffset < endOffset)
            {
                (found ??= []).Add(aborted);
            }

            if (aborted.LastStableOffset >= endOffset)
            {
                break;
            }
        }

        return found ?? (IReadOnlyList<AbortedTransaction>)[];
    }

    /// <summary>Those whose marker lies in that range: what belongs to one segment.</summary>
    public AbortedTransaction[] WithMarkerIn(long fromOffset, long endOffset)
    {
        int first = FirstWithMarkerFrom(fromOffset);
        return _byMarker[first..FirstWithMarkerFrom(endOffset)].ToArray();
    }

    /// <summary>Forgets those whose marker lies below the log's start.</summary>
    public void RemoveBefore(long startOffset) => _byMarker.RemoveRange(0, FirstWithMarkerFrom(startOffset));

    /// <summary>Forgets those that compaction has taken away altogether.</summary>
    public void RemoveMarkers(IReadOnlySet<long> markerOffsets) =>
        _byMarker.RemoveAll(aborted => markerOffsets.Contains(aborted.LastOffset));

    private int FirstWithMarkerFrom(long offset)
    {
        int low = 0, high = _byMarker.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            (low, high) = _byMarker[middle].LastOffset < offset ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}

namespace Fabric.Kafka.Log;

/// <summary>Where a batch begins.</summary>
/// <param name="RelativeOffset">Its base offset less the segment's.</param>
/// <param name="Position">Its first byte in the segment.</param>
/// <param name="MaxTimestampBeforeMs">The greatest timestamp of all batches before it in the segment.</param>
internal readonly record struct IndexEntry(int RelativeOffset, int Position, long MaxTimestampBeforeMs);

/// <summary>
/// Offset and time index of one segment in one list: an entry for the first batch and then about every 4 KiB. All three fields
/// never decrease from entry to entry.
/// </summary>
/// <remarks>Written by the loop while its segment is active, then read-only; readers on other threads only after that.</remarks>
internal sealed class SegmentIndex
{
    private IndexEntry[] _entries;

    public SegmentIndex()
        : this([])
    {
    }

    public SegmentIndex(IndexEntry[] entries)
    {
        _entries = entries;
        Count = entries.Length;
    }

    public int Count { get; private set; }

    public ReadOnlySpan<IndexEntry> Entries => _entries.AsSpan(0, Count);

    public void Add(IndexEntry entry)
    {
        if (Count == _entries.Length)
        {
            Array.Resize(ref _entries, Math.Max(64, _entries.Length * 2));
        }

        _entries[Count++] = entry;
    }

    /// <summary>The last batch that is known to begin at or before that offset; the first of the segment when there is none.</summary>
    public IndexEntry FloorByOffset(long relativeOffset)
    {
        int low = 0, high = Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            (low, high) = _entries[middle].RelativeOffset <= relativeOffset ? (middle + 1, high) : (low, middle);
        }

        return At(low - 1);
    }

    /// <summary>The last batch that is known to begin at or before that position.</summary>
    public IndexEntry FloorByPosition(long position)
    {
        int low = 0, high = Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            (low, high) = _entries[middle].Position <= position ? (middle + 1, high) : (low, middle);
        }

        return At(low - 1);
    }

    /// <summary>The last batch before which every timestamp is known to be less than the given one.</summary>
    public IndexEntry FloorByTime(long timestampMs)
    {
        int low = 0, high = Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            (low, high) = _entries[middle].MaxTimestampBeforeMs < timestampMs ? (middle + 1, high) : (low, middle);
        }

        return At(low - 1);
    }

    private IndexEntry At(int index) => index < 0 ? default : _entries[index];
}

namespace Fabric.Kafka.Log;

/// <summary>
/// Follows transactions through a log while it is compacted: which data was aborted and goes, and which markers have no data left
/// and may go. All transactions are decided: compaction stays below the last stable offset.
/// </summary>
internal sealed class CompactionTransactions
{
    private readonly Queue<AbortedTransaction> _notBegun;
    private readonly Dictionary<long, bool> _abortedHasData = [];
    private readonly HashSet<long> _committedWithData = [];

    public CompactionTransactions(IEnumerable<AbortedTransaction> aborted) =>
        _notBegun = new Queue<AbortedTransaction>(aborted.OrderBy(static transaction => transaction.FirstOffset));

    /// <summary>Whether a data batch was aborted.</summary>
    public bool IsAborted(RecordBatchHeader batch)
    {
        Begin(batch.BaseOffset);
        if (!batch.IsTransactional)
        {
            return false;
        }

        if (_abortedHasData.ContainsKey(batch.ProducerId))
        {
            _abortedHasData[batch.ProducerId] = true;
            return true;
        }

        _committedWithData.Add(batch.ProducerId);
        return false;
    }

    /// <summary>
    /// Whether a marker has lost its purpose: no data of its transaction is left. Data that is only now being removed still counts,
    /// so that a reader who is in the middle of it finds the marker.
    /// </summary>
    public bool IsUnneeded(RecordBatchHeader marker, bool isCommit)
    {
        Begin(marker.BaseOffset);
        bool hasKeptData = _committedWithData.Remove(marker.ProducerId);
        bool hasRemovedData = !isCommit && _abortedHasData.Remove(marker.ProducerId, out bool hasData) && hasData;
        return !hasKeptData && !hasRemovedData;
    }

    private void Begin(long upToOffset)
    {
        while (_notBegun.TryPeek(out AbortedTransaction next) && next.FirstOffset <= upToOffset)
        {
            _abortedHasData[next.ProducerId] = false;
            _notBegun.Dequeue();
        }
    }
}

namespace Fabric.Kafka.Log;

/// <summary>
/// Follows transactions through a log while it is compacted: which data was aborted and goes, and which markers have no data left
/// and may go. All transactions are decided: compaction stays below the last stable offset.
/// </summary>
internal sealed class CompactionTransactions
{
    private readonly Queue<AbortedTransaction> _notBegun;
    private readonly HashSet<long> _aborting = [];
    private readonly HashSet<long> _withData = [];

    public CompactionTransactions(IEnumerable<AbortedTransaction> aborted) =>
        _notBegun = new Queue<AbortedTransaction>(aborted.OrderBy(static transaction => transaction.FirstOffset));

    /// <summary>Whether a data batch was aborted.</summary>
    public bool IsAborted(RecordBatchHeader batch)
    {
        Begin(batch.BaseOffset);
        return batch.IsTransactional && _aborting.Contains(batch.ProducerId);
    }

    /// <summary>A data batch stays, or a part of it: so must the marker behind it.</summary>
    public void Kept(RecordBatchHeader batch)
    {
        if (batch.IsTransactional)
        {
            _withData.Add(batch.ProducerId);
        }
    }

    /// <summary>Passes a marker: whether it has lost its purpose, because no data of its transaction is left.</summary>
    public bool End(RecordBatchHeader marker)
    {
        Begin(marker.BaseOffset);
        _aborting.Remove(marker.ProducerId);
        return !_withData.Remove(marker.ProducerId);
    }

    private void Begin(long upToOffset)
    {
        while (_notBegun.TryPeek(out AbortedTransaction next) && next.FirstOffset <= upToOffset)
        {
            _aborting.Add(next.ProducerId);
            _notBegun.Dequeue();
        }
    }
}

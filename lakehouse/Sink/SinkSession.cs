using Fabric.Avro;
using Fabric.Avro.Registry;
using Fabric.Core;
using Fabric.Delta.Commits;
using Fabric.Kafka.Clients;
using Fabric.Lakehouse.Tables;
using Microsoft.Extensions.Logging;

namespace Fabric.Lakehouse.Sink;

/// <summary>What a sink holds between two failures: its partitions, their positions, the rows not committed yet.</summary>
/// <remarks>Owned by the sink's thread; rebalance callbacks come on that thread too, inside the poll.</remarks>
internal sealed class SinkSession(
    TableDefinition table, SinkServices services, TableCommitter committer, IRecordConsumer consumer, RowBuffer rows,
    SinkOutbox outbox, ILogger log, Action onProgress) : IRebalanceListener
{
    private readonly Dictionary<TopicPartition, PartitionProgress> _partitions = [];
    private readonly List<PartitionProgress> _unchecked = [];
    private readonly List<long> _receivedMs = [];
    private readonly SinkMetrics _metrics = new(table.Name);
    private long _bufferedAt;
    private FabricException? _callbackFailure;

    private bool HasUncommitted => _partitions.Values.Any(partition => partition.HasUncommitted);

    /// <summary>How long a poll may wait.</summary>
    public TimeSpan TimeToFlush(TimeSpan otherwise)
    {
        if (!HasUncommitted)
        {
            return otherwise;
        }

        TimeSpan left = table.Flush.Every - services.Clock.GetElapsedTime(_bufferedAt);
        return left < TimeSpan.Zero ? TimeSpan.Zero : left < otherwise ? left : otherwise;
    }

    /// <summary>Partitions start where the table says, whoever held them before.</summary>
    public IReadOnlyCollection<PartitionPosition> OnAssigned(IReadOnlyCollection<TopicPartition> added)
    {
        try
        {
            committer.RefreshAsync(CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (FabricException exception)
        {
            _callbackFailure = exception; // callbacks must not throw; the session ends at the next check
        }

        foreach (TopicPartition partition in added)
        {
            string appId = committer.AppIdOf(partition.Partition);
            var progress = new PartitionProgress(partition, appId, committer.Snapshot.TxnVersion(appId));
            _partitions[partition] = progress;
            _unchecked.Add(progress);
        }

        return [.. added.Select(partition => new PartitionPosition(
            partition, _partitions[partition].Resume ?? PartitionPosition.Beginning))];
    }

    /// <summary>Commits what is buffered while the partitions are still ours; failing that, the next holder reads it again.</summary>
    public void OnRevoked(IReadOnlyCollection<TopicPartition> removed)
    {
        try
        {
            Flush();
        }
        catch (FabricException exception)
        {
            _callbackFailure = exception;
        }

        OnLost(removed);
    }

    /// <summary>The rows of a lost partition are mixed with others': all are dropped, what is still held is read again.</summary>
    public void OnLost(IReadOnlyCollection<TopicPartition> removed)
    {
        foreach (TopicPartition partition in removed)
        {
            _partitions.Remove(partition);
        }

        _unchecked.RemoveAll(progress => removed.Contains(progress.Partition));
        if (rows.RowCount > 0 || HasUncommitted)
        {
            _callbackFailure ??= new LakehouseException(
                "PARTITIONS_LOST", "Partitions were lost with rows in the buffer", table.Topic, isRetriable: true);
        }
    }

    /// <summary>Compares newly assigned partitions with their logs. After the poll, since callbacks must not ask the broker.</summary>
    /// <exception cref="LakehouseException"><c>TOPIC_RECREATED</c>: the stored offset is beyond the log's end.</exception>
    public void CheckAssigned(TimeSpan timeout)
    {
        if (_callbackFailure is { } failure)
        {
            throw failure;
        }

        foreach (PartitionProgress progress in _unchecked)
        {
            if (progress.Resume is not { } resume)
            {
                continue;
            }

            (long start, long end) = consumer.Watermarks(progress.Partition, timeout);
            if (resume > end)
            {
                throw new LakehouseException(
                    "TOPIC_RECREATED",
                    $"The table holds offset {progress.Committed} and the topic ends at {end}: the topic was recreated. Rename "
                    + "the table's folder to begin a new one, or restore the topic", progress.Partition.ToString());
            }

            if (start > resume)
            {
                SinkLog.OffsetsExpired(log, progress.Partition, resume, start - 1);
                outbox.ReportGap(progress.Partition, resume, start - 1, NowMicros());
            }
        }

        _unchecked.Clear();
    }

    /// <summary>Takes a record into the buffer, or to quarantine.</summary>
    public void Take(in ConsumedRecord record)
    {
        if (!_partitions.TryGetValue(record.Partition, out PartitionProgress? progress) || record.Offset <= progress.Taken)
        {
            return; // taken away, or read before a re-seek took hold
        }

        if (!HasUncommitted)
        {
            _bufferedAt = services.Clock.GetTimestamp();
        }

        if (record.Value is not null)
        {
            Append(record);
        }

        progress.FirstTaken ??= record.Offset;
        progress.Taken = record.Offset;
        if (rows.IsWide || rows.RowCount >= table.Flush.Rows)
        {
            Flush();
        }
    }

    public void FlushIfDue()
    {
        if (HasUncommitted
            && (rows.ByteSize >= table.Flush.Bytes || services.Clock.GetElapsedTime(_bufferedAt) >= table.Flush.Every))
        {
            Flush();
        }
    }

    /// <summary>Makes everything taken so far visible in the table, or drops it and goes back.</summary>
    public void Flush()
    {
        PartitionProgress[] positions = [.. _partitions.Values.Where(partition => partition.HasUncommitted)];
        if (positions.Length == 0)
        {
            return;
        }

        long startedAt = services.Clock.GetTimestamp();
        long count = rows.RowCount, bytes = rows.ByteSize;
        outbox.FlushAsync(CancellationToken.None).GetAwaiter().GetResult();
        CommitOutcome outcome = committer.CommitAsync(rows, positions, CancellationToken.None).GetAwaiter().GetResult();
        switch (outcome)
        {
            case CommitOutcome.Committed committed:
                Array.ForEach(positions, position => position.MarkCommitted());
                _metrics.Committed(count, bytes, services.Clock.GetElapsedTime(startedAt));
                ObserveFreshness();
                if (committed.CheckpointFailure is { } checkpointFailure)
                {
                    SinkLog.CheckpointFailed(log, committed.Version, checkpointFailure);
                }

                onProgress();
                break;
            case CommitOutcome.Superseded superseded:
                DropAndGoBack($"advanced by another: {string.Join(", ", superseded.AppIds)}", count);
                break;
            case CommitOutcome.Conflicted conflicted:
                committer.RefreshAsync(CancellationToken.None).GetAwaiter().GetResult();
                DropAndGoBack(conflicted.Detail, count);
                break;
            default:
                throw new InvalidOperationException($"Unknown outcome {outcome.GetType()}");
        }

        rows.Clear();
        _receivedMs.Clear();
    }

    private void Append(in ConsumedRecord record)
    {
        try
        {
            rows.Append(record);
            _receivedMs.Add(record.TimestampMs);
        }
        catch (FabricException exception) when (exception is AvroException or RegistryException { IsRetriable: false })
        {
            SinkLog.RecordQuarantined(log, exception);
            _metrics.Quarantined();
            outbox.Quarantine(record, exception.Code, exception.Message);
        }
    }

    private void DropAndGoBack(string why, long count)
    {
        SinkLog.CommitDropped(log, why, count);
        _metrics.Dropped();
        outbox.Clear();
        foreach (TopicPartition partition in _partitions.Keys.ToArray())
        {
            string appId = committer.AppIdOf(partition.Partition);
            var progress = new PartitionProgress(partition, appId, committer.Snapshot.TxnVersion(appId));
            _partitions[partition] = progress;
            consumer.Seek(new PartitionPosition(partition, progress.Resume ?? PartitionPosition.Beginning));
        }
    }

    private void ObserveFreshness()
    {
        long nowMs = services.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (long receivedMs in _receivedMs)
        {
            services.Freshness.Add(table.Name, TimeSpan.FromMilliseconds(nowMs - receivedMs));
        }
    }

    private long NowMicros() =>
        (services.Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}

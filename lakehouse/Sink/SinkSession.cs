using System.Runtime.ExceptionServices;
using Fabric.Avro;
using Fabric.Core;
using Fabric.Core.Storage;
using Fabric.Delta.Commits;
using Fabric.Kafka.Clients;
using Fabric.Lakehouse.Tables;
using Microsoft.Extensions.Logging;

namespace Fabric.Lakehouse.Sink;

/// <summary>
/// What a sink holds between two failures: its partitions, their positions, the rows not committed yet. Whatever goes wrong, it is
/// thrown away whole and begun again from what the table says.
/// </summary>
/// <remarks>Owned by the sink's thread; rebalance callbacks come on that thread too, inside the poll.</remarks>
internal sealed class SinkSession : IRebalanceListener, IDisposable
{
    private static readonly TimeSpan MeasureEvery = TimeSpan.FromSeconds(1);

    private readonly TableDefinition _table;
    private readonly SinkServices _services;
    private readonly TableCommitter _committer;
    private readonly CommitLineage _lineage;
    private readonly SinkOutbox _outbox;
    private readonly SchemaBook _schemas;
    private readonly ILogger _log;
    private readonly Action _onProgress;
    private readonly SinkMetrics _metrics;
    private readonly SinkPartitions _partitions;
    private readonly Dictionary<int, FabricException> _refused = [];
    private readonly HashSet<int> _fitting = [];
    private readonly List<long> _receivedMs = [];
    private RowBuffer _rows;
    private bool _hasUncommitted;
    private bool _isInCallback;
    private long _bufferedAt;
    private long _measuredAt;
    private int _wentBack;
    private ExceptionDispatchInfo? _callbackFailure;

    public SinkSession(
        TableDefinition table, SinkServices services, TableCommitter committer, CommitLineage lineage, IRecordConsumer consumer,
        SinkOutbox outbox, ILogger log, Action onProgress)
    {
        _table = table;
        _services = services;
        _committer = committer;
        _lineage = lineage;
        _outbox = outbox;
        _partitions = new SinkPartitions(committer, consumer, outbox, services.Clock, log);
        _schemas = new SchemaBook(services.Registry, services.Clock);
        _log = log;
        _onProgress = onProgress;
        _metrics = new SinkMetrics(table.Name);
        _rows = NewBuffer(TableShape.Of(table, committer.Versions.Snapshot));
    }

    /// <summary>How long a poll may wait.</summary>
    public TimeSpan TimeToFlush(TimeSpan otherwise)
    {
        if (!_hasUncommitted)
        {
            return otherwise;
        }

        TimeSpan left = _table.Flush.Every - _services.Clock.GetElapsedTime(_bufferedAt);
        return left < TimeSpan.Zero ? TimeSpan.Zero : left < otherwise ? left : otherwise;
    }

    /// <summary>Partitions start where the table says, whoever held them before.</summary>
    public IReadOnlyCollection<PartitionPosition> OnAssigned(IReadOnlyCollection<TopicPartition> added)
    {
        InCallback(() => Wait(_committer.Versions.RefreshAsync(CancellationToken.None)));
        return [.. added.Select(_partitions.Add)];
    }

    /// <summary>Commits what is buffered while the partitions are still ours; failing that, the next holder reads it again.</summary>
    public void OnRevoked(IReadOnlyCollection<TopicPartition> removed)
    {
        InCallback(Flush);
        OnLost(removed);
    }

    /// <summary>The rows of a lost partition are mixed with others': all are dropped, what is still held is read again.</summary>
    public void OnLost(IReadOnlyCollection<TopicPartition> removed)
    {
        _partitions.Remove(removed);
        if (_hasUncommitted)
        {
            _callbackFailure ??= ExceptionDispatchInfo.Capture(new LakehouseException(
                "PARTITIONS_LOST", "Partitions were lost with rows in the buffer", _table.Topic, isRetriable: true));
        }
    }

    /// <summary>Throws what callbacks met, and compares newly assigned partitions with their logs: callbacks must not ask the broker.</summary>
    /// <exception cref="LakehouseException"><c>TOPIC_RECREATED</c>: the stored offset is beyond the log's end.</exception>
    public void CheckAssigned(TimeSpan timeout)
    {
        _callbackFailure?.Throw();
        if (_partitions.CheckAssigned(timeout))
        {
            MarkUncommitted();
        }
    }

    /// <summary>Takes records into the buffer, or to quarantine, and commits when the buffer is full.</summary>
    public void Take(List<ConsumedRecord> records)
    {
        int wentBack = _wentBack;
        foreach (ConsumedRecord record in records)
        {
            Take(record);
            if (_wentBack != wentBack)
            {
                return; // the rest was read from positions that no longer hold
            }
        }
    }

    public void FlushIfDue()
    {
        if (_hasUncommitted
            && (_rows.ByteSize >= _table.Flush.Bytes || _services.Clock.GetElapsedTime(_bufferedAt) >= _table.Flush.Every))
        {
            Flush();
        }
    }

    /// <summary>Makes everything taken so far visible in the table, or drops it and goes back.</summary>
    public void Flush()
    {
        PartitionProgress[] positions = _partitions.Uncommitted;
        if (positions.Length == 0)
        {
            return;
        }

        long startedAt = _services.Clock.GetTimestamp();
        long count = _rows.RowCount, bytes = _rows.ByteSize;
        if (!_isInCallback)
        {
            _partitions.CheckSkipped(positions);
        }

        Wait(_outbox.FlushAsync(CancellationToken.None));
        switch (Wait(_committer.CommitAsync(_rows, positions, CancellationToken.None)))
        {
            case CommitOutcome.Committed committed:
                OnCommitted(committed, positions, count, bytes, startedAt);
                break;
            case CommitOutcome.Superseded superseded:
                GoBack($"advanced by another: {string.Join(", ", superseded.AppIds)}", count);
                break;
            case CommitOutcome.Conflicted conflicted:
                GoBack(conflicted.Detail, count);
                break;
            case CommitOutcome.Unresolved unresolved:
                throw Unresolved(unresolved);
            case null:
                GoBack("the table's columns changed", count);
                break;
        }
    }

    /// <summary>Tells now and then how far the reading is behind.</summary>
    /// <param name="ends">Partitions whose end was reached, with the next offset.</param>
    public void Measure(List<PartitionPosition> ends)
    {
        _partitions.NoteEnds(ends);
        if (_services.Clock.GetElapsedTime(_measuredAt) >= MeasureEvery)
        {
            _measuredAt = _services.Clock.GetTimestamp();
            _metrics.Lag(_partitions.Lag());
        }
    }

    public void Dispose()
    {
        _metrics.Lag(0);
        _rows.Dispose();
    }

    private void Take(in ConsumedRecord record)
    {
        if (_partitions.Find(record.Partition) is not { } progress)
        {
            return; // taken away
        }

        if (record.Offset <= progress.Taken)
        {
            // After a rebalance, what was read before it; else the topic became another one under the same name.
            throw new LakehouseException(
                "OFFSETS_WENT_BACK", $"Offset {record.Offset} came after {progress.Taken}", record.Partition.ToString(), isRetriable: true);
        }

        int wentBack = _wentBack;
        if (record.Value is not null)
        {
            Append(record);
        }

        if (_wentBack != wentBack)
        {
            return;
        }

        MarkUncommitted();
        progress.Take(record.Offset);
        if (_rows.RowCount >= _table.Flush.Rows || _rows.ByteSize >= _table.Flush.Bytes)
        {
            Flush();
        }
    }

    private void Append(in ConsumedRecord record)
    {
        try
        {
            FramingResult framing = ConfluentFraming.TryRead(record.Value, out int schemaId, out ReadOnlySpan<byte> body);
            if (framing != FramingResult.Ok)
            {
                throw new AvroException(
                    framing == FramingResult.TooShort ? "AVRO_FRAME_TOO_SHORT" : "AVRO_FRAME_BAD_MAGIC",
                    "The value is not in the schema registry's wire format", $"{record.Partition}@{record.Offset}");
            }

            int wentBack = _wentBack;
            FitSchema(schemaId);
            if (_wentBack == wentBack && !_rows.TryAppend(record, schemaId, body))
            {
                Flush(); // it has a date too many for what is there
                if (_wentBack == wentBack)
                {
                    _rows.TryAppend(record, schemaId, body);
                }
            }

            if (_wentBack == wentBack && record.TimestampMs >= 0)
            {
                _receivedMs.Add(record.TimestampMs);
            }
        }
        catch (FabricException exception) when (IsOfTheRecord(exception))
        {
            SinkLog.RecordQuarantined(_log, exception);
            _metrics.Quarantined();
            _outbox.Quarantine(record, exception.Code, exception.Message);
        }
    }

    private static bool IsOfTheRecord(FabricException exception) =>
        SchemaBook.IsOfTheRecord(exception) || exception is LakehouseException { Code: "RECORD_TOO_LARGE" };

    /// <summary>Sees that the buffer has the columns of a schema, which may mean other columns or another table.</summary>
    private void FitSchema(int schemaId)
    {
        if (_fitting.Contains(schemaId))
        {
            return;
        }

        if (_refused.TryGetValue(schemaId, out FabricException? refusal))
        {
            throw refusal;
        }

        Schema schema = _schemas.Get(schemaId);
        ShapeFit fit;
        try
        {
            fit = ShapeEvolution.Fit(_rows.Shape, schema);
        }
        catch (AvroException exception)
        {
            _refused[schemaId] = exception;
            throw;
        }

        int wentBack = _wentBack;
        switch (fit)
        {
            case ShapeFit.Widened widened:
                Flush();
                if (_wentBack == wentBack)
                {
                    Reshape(widened.Shape);
                    _fitting.Add(schemaId);
                }

                break;
            case ShapeFit.Incompatible incompatible:
                Continue(incompatible);
                break;
            default:
                _fitting.Add(schemaId);
                break;
        }
    }

    private void Reshape(TableShape shape)
    {
        SinkLog.ColumnsAdded(
            _log, string.Join(", ", shape.Columns.Except(_rows.Shape.Columns).Select(column => column.Field.Name)));
        _rows.Dispose();
        _rows = NewBuffer(shape);
    }

    /// <summary>Begins the next version of the table; the session ends, and the next one writes there.</summary>
    private void Continue(ShapeFit.Incompatible incompatible)
    {
        int wentBack = _wentBack;
        Flush();
        if (_wentBack != wentBack)
        {
            return;
        }

        string from = _committer.Versions.Name;
        Wait(_committer.Versions.CreateAsync(_rows.Shape, CancellationToken.None));
        string next = Wait(_committer.Versions.ContinueAsync(incompatible.Shape, CancellationToken.None));
        string why = string.Join("; ", incompatible.Reasons);
        SinkLog.TableContinued(_log, from, next, why);
        throw new LakehouseException(
            TableSink.Continued, $"The table {from} goes on as {next}, since records no longer fit it: {why}", _table.Topic,
            isRetriable: true);
    }

    private void OnCommitted(
        CommitOutcome.Committed committed, PartitionProgress[] positions, long rowCount, long bytes, long startedAt)
    {
        Array.ForEach(positions, position => position.MarkCommitted());
        _hasUncommitted = false;
        _metrics.Committed(rowCount, bytes, _services.Clock.GetElapsedTime(startedAt));
        ObserveFreshness();
        _rows.Clear();
        _receivedMs.Clear();
        if (committed.CheckpointFailure is { } checkpointFailure)
        {
            SinkLog.CheckpointFailed(_log, committed.Version, checkpointFailure);
        }

        _onProgress();
        Wait(_lineage.TellAsync(
            _committer.Versions.Current, committed.Snapshot, _committer.LastFacts!, CancellationToken.None));
    }

    /// <summary>Drops all rows and reads again from what the table says.</summary>
    private void GoBack(string why, long rowCount)
    {
        SinkLog.CommitDropped(_log, why, rowCount);
        _metrics.Dropped();
        Wait(_committer.Versions.RefreshAsync(CancellationToken.None));
        if (_isInCallback || _committer.Versions.IsClosed)
        {
            // A callback must not seek, and another version of the table is another session.
            throw new LakehouseException(
                "POSITIONS_MOVED", $"Rows are read again, because another sink was first: {why}", _table.Topic, isRetriable: true);
        }

        _wentBack++;
        _outbox.Clear();
        _receivedMs.Clear();
        _hasUncommitted = false;
        _rows.Dispose();
        _rows = NewBuffer(TableShape.Of(_table, _committer.Versions.Snapshot));
        _partitions.GoBack();
    }

    private void InCallback(Action act)
    {
        _isInCallback = true;
        try
        {
            act();
        }
#pragma warning disable CA1031 // an exception must not pass through librdkafka; the next check after the poll throws it
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _callbackFailure ??= ExceptionDispatchInfo.Capture(exception);
        }
        finally
        {
            _isInCallback = false;
        }
    }

    private void MarkUncommitted()
    {
        if (!_hasUncommitted)
        {
            _hasUncommitted = true;
            _bufferedAt = _services.Clock.GetTimestamp();
        }
    }

    private RowBuffer NewBuffer(TableShape shape)
    {
        _fitting.Clear();
        _refused.Clear();
        return new RowBuffer(shape, _services.Database, _schemas.Get);
    }

    private LakehouseException Unresolved(CommitOutcome.Unresolved unresolved)
    {
        // A disk that does not keep what it said it wrote is nothing to go on with: later commits would stand on sand.
        bool isLost = unresolved.Cause is StorageException { Code: StorageCode.NotDurable };
        return new LakehouseException(
            isLost ? "COMMIT_NOT_DURABLE" : "COMMIT_UNRESOLVED",
            isLost
                ? $"The disk could not keep version {unresolved.Version}; check it, then start again"
                : $"Whether version {unresolved.Version} was written cannot be told; the table is read again",
            _committer.Versions.Current.Root, isRetriable: !isLost, unresolved.Cause);
    }

    private void ObserveFreshness()
    {
        long nowMs = _services.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (long receivedMs in _receivedMs)
        {
            _services.Freshness.Add(_table.Name, TimeSpan.FromMilliseconds(nowMs - receivedMs));
        }
    }

    private void Wait(Task task) => _services.Threads.Join(task);

    private T Wait<T>(Task<T> task)
    {
        _services.Threads.Join(task);
        return task.Result;
    }
}

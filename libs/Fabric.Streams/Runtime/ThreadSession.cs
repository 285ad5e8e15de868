using Fabric.Core;
using Fabric.Kafka;
using Fabric.Kafka.Clients;
using Fabric.Streams.State;
using Fabric.Streams.Tasks;

namespace Fabric.Streams.Runtime;

/// <summary>
/// One life of a stream thread's clients: consumer, transactional producer, tasks. Poll, process what came, commit at the
/// interval. All of it on one thread; librdkafka calls back inside Poll and Close.
/// </summary>
/// <remarks>
/// A transaction that is lost and a producer that lives: abort, make all tasks anew from what is committed, go on. Anything
/// worse ends the session; the thread opens another.
/// </remarks>
internal sealed class ThreadSession : IRebalanceListener, IDisposable
{
    private static readonly TimeSpan PollMax = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RestoreWait = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LingerMax = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MeasureInterval = TimeSpan.FromSeconds(1);

    private readonly ThreadPlan _plan;
    private readonly ThreadBoard _board;
    private readonly ITransactionalProducer _producer;
    private readonly IRecordConsumer _consumer;
    private readonly TransactionBuffer _transaction;
    private readonly StateRestorer _restorer;
    private readonly TaskRoster _tasks;
    private readonly PollBatch _batch = new();
    private readonly List<TopicPartition> _added = [];
    private readonly List<TopicPartition> _coPartitionsToGiveBack = [];
    private KafkaException? _lost;
    private bool _wasAssigned;
    private bool _isClosing;
    private long _lastCommitAt;
    private long _lastMeasureAt;
    private int _recordsSinceCommit;
    private long _oldestTimestampMs = long.MaxValue;

    public ThreadSession(ThreadPlan plan, ThreadBoard board)
    {
        _plan = plan;
        _board = board;
        // Nobody may read before the commit: until then records gather, as each request costs the broker an fsync.
        _producer = plan.Clients.OpenProducer(
            plan.TransactionalId, TimeSpan.FromTicks(Math.Min(plan.Config.CommitInterval.Ticks / 2, LingerMax.Ticks)));
        try
        {
            // First of all: this fences whoever held the id, and ends what it left open.
            _producer.InitTransactions(plan.Config.RequestMax);
            _consumer = plan.Clients.OpenConsumer(plan.GroupId, plan.InstanceId);
        }
        catch
        {
            _producer.Dispose();
            throw;
        }

        _transaction = new TransactionBuffer(_producer, plan.Clock, plan.Threads, plan.Config.RequestMax);
        _restorer = new StateRestorer(plan.Clients, plan.Config.PollRecordsMax * 2, plan.Metrics);
        _tasks = new TaskRoster(plan, _consumer, _transaction, _restorer);
        _lastCommitAt = plan.Clock.GetTimestamp();
        _lastMeasureAt = _lastCommitAt;
    }

    /// <summary>Works until it is told to stop; then finishes what it has read, commits and leaves.</summary>
    public void Run(CancellationToken stop)
    {
        _consumer.Subscribe(_plan.DriverTopic, this);
        while (!stop.IsCancellationRequested)
        {
            _board.BeginTurn();
            try
            {
                Turn();
            }
            catch (KafkaException lost) when (lost.IsAbortable)
            {
                StartOver(lost);
            }
        }

        _board.BeginTurn();
        Drain();
    }

    public IReadOnlyCollection<PartitionPosition> OnAssigned(IReadOnlyCollection<TopicPartition> added)
    {
        _wasAssigned = true;
        _added.AddRange(added);
        return [];
    }

    public void OnRevoked(IReadOnlyCollection<TopicPartition> removed)
    {
        RuntimeLog.Revoked(_plan.Log, _plan.Name, string.Join(' ', removed));
        try
        {
            Commit();
        }
        catch (KafkaException failed)
        {
            // The new owner starts at what is committed; the tasks that stay do too.
            _lost ??= failed;
        }

        Forget(removed);
    }

    public void OnLost(IReadOnlyCollection<TopicPartition> removed)
    {
        RuntimeLog.Lost(_plan.Log, _plan.Name, string.Join(' ', removed));
        _lost ??= new KafkaException(
            "PARTITIONS_LOST", "The group gave the partitions to others without asking", _plan.GroupId, isAbortable: true);
        Forget(removed);
    }

    public void Dispose()
    {
        _tasks.CloseAll();
        _restorer.Dispose();
        if (!_isClosing)
        {
            // Leaves as if killed: what was in flight is aborted by whoever takes the transactional id next.
            _consumer.Dispose();
        }

        _producer.Dispose();
    }

    private void Turn()
    {
        Poll(_restorer.IsIdle ? PollWait() : TimeSpan.Zero);
        ApplyAssignment();
        Route();
        if (_lost is { } lost)
        {
            _lost = null;
            throw lost.IsAbortable ? lost : new KafkaException(lost.Code, lost.Message, lost.Where, isFenced: lost.IsFenced, innerException: lost);
        }

        if (!_restorer.IsIdle)
        {
            _board.Show(StreamThreadState.Restoring, "reading state back");
            _restorer.Step(RestoreWait);
        }

        _tasks.BeginRestored();
        if (_wasAssigned && _restorer.IsIdle)
        {
            _board.Show(StreamThreadState.Running, "");
        }

        Process();
        if (_recordsSinceCommit >= _plan.Config.CommitRecordsMax
            || _plan.Clock.GetElapsedTime(_lastCommitAt) >= _plan.Config.CommitInterval)
        {
            Commit();
        }

        BalancePressure();
        Measure();
    }

    private void Poll(TimeSpan wait)
    {
        _batch.Clear();
        try
        {
            _consumer.Poll(wait, _plan.Config.PollRecordsMax, _batch);
        }
        catch (KafkaException failed) when (failed.IsRetriable)
        {
            RuntimeLog.ReadFailed(_plan.Log, _plan.Name, failed.Code, failed.Message);
        }
    }

    /// <summary>Until the next commit or punctuation is due, within a bound that keeps the thread responsive.</summary>
    private TimeSpan PollWait()
    {
        TimeSpan wait = PollMax;
        long nowMs = _plan.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        bool hasUncommitted = _transaction.IsOpen;
        foreach (StreamTask task in _tasks.All)
        {
            hasUncommitted |= task.HasUncommitted;
            long dueInMs = task.NextWallClockPunctuationMs - nowMs;
            wait = dueInMs < wait.TotalMilliseconds ? TimeSpan.FromMilliseconds(Math.Max(dueInMs, 0)) : wait;
        }

        TimeSpan untilCommit = _plan.Config.CommitInterval - _plan.Clock.GetElapsedTime(_lastCommitAt);
        wait = hasUncommitted && untilCommit < wait ? untilCommit : wait;
        return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }

    /// <summary>What the callbacks of this poll noted, now that the consumer may be called again.</summary>
    private void ApplyAssignment()
    {
        if (_coPartitionsToGiveBack.Count > 0)
        {
            _consumer.IncrementalUnassign(_coPartitionsToGiveBack);
            _coPartitionsToGiveBack.Clear();
        }

        if (_added.Count > 0)
        {
            TopicPartition[] added = [.. _added];
            _added.Clear();
            _tasks.Add(added);
            ShowTasks();
            RuntimeLog.Assigned(_plan.Log, _plan.Name, string.Join(' ', added));
        }
    }

    private void Route()
    {
        PartitionInput? input = null;
        foreach (ConsumedRecord record in _batch.Records)
        {
            if (input is null || input.Partition != record.Partition)
            {
                input = _tasks.InputOf(record.Partition);
            }

            input?.Add(record);
        }

        foreach (PartitionPosition end in _batch.Ends)
        {
            _tasks.InputOf(end.Partition)?.ReachEnd();
        }
    }

    private void Process()
    {
        foreach (StreamTask task in _tasks.All)
        {
            if (!_tasks.IsReady(task))
            {
                continue;
            }

            foreach (PartitionInput input in task.Inputs)
            {
                _oldestTimestampMs = input.Count > 0 ? Math.Min(_oldestTimestampMs, input.HeadTimestampMs) : _oldestTimestampMs;
            }

            _recordsSinceCommit += task.Process(_plan.Config.PollRecordsMax);
            task.PunctuateWallClock();
        }
    }

    /// <summary>
    /// Changelogs, outputs and offsets in one transaction. Offsets of every task that runs go along, so that the coordinator
    /// checks the membership whatever the transaction holds. One that is still restoring has nothing to say: its offsets may
    /// turn out to be lost.
    /// </summary>
    private void Commit()
    {
        _lastCommitAt = _plan.Clock.GetTimestamp();
        bool hasUncommitted = _transaction.IsOpen;
        foreach (StreamTask task in _tasks.All)
        {
            hasUncommitted |= task.HasUncommitted;
        }

        if (!hasUncommitted)
        {
            return;
        }

        List<PartitionPosition> offsets = [];
        foreach (StreamTask task in _tasks.All)
        {
            if (!_tasks.IsReady(task))
            {
                continue;
            }

            task.FlushChangelogs(_transaction);
            foreach (PartitionInput input in task.Inputs)
            {
                offsets.Add(new PartitionPosition(input.Partition, input.NextOffset >= 0 ? input.NextOffset : input.LogStart));
            }
        }

        object membership = _consumer.GroupMetadata ?? throw new KafkaException(
            "MEMBERSHIP_LOST", "The group does not know this member", _plan.GroupId, isAbortable: true);
        _transaction.Commit(offsets, membership);
        foreach (StreamTask task in _tasks.All)
        {
            task.Committed();
        }

        double latencyMs = _oldestTimestampMs == long.MaxValue
            ? 0 : Math.Max(0, _plan.Clock.GetUtcNow().ToUnixTimeMilliseconds() - _oldestTimestampMs);
        _plan.Metrics.Committed(_plan.Clock.GetElapsedTime(_lastCommitAt).TotalMilliseconds, latencyMs);
        _recordsSinceCommit = 0;
        _oldestTimestampMs = long.MaxValue;
    }

    private void StartOver(KafkaException lost)
    {
        RuntimeLog.Aborted(_plan.Log, _plan.Name, lost.Code, lost.Message);
        _board.Show(StreamThreadState.Restoring, $"{lost.Code}: going back to what is committed");
        _plan.Metrics.Aborted();
        ApplyAssignment();
        _transaction.Abort();
        _tasks.StartOver();
        _recordsSinceCommit = 0;
        ShowTasks();
    }

    /// <summary>A partition with too much waiting is paused until half of it is done.</summary>
    private void BalancePressure()
    {
        foreach (StreamTask task in _tasks.All)
        {
            foreach (PartitionInput input in task.Inputs)
            {
                if (!input.IsPaused && input.Count > _plan.Config.BufferedRecordsMax)
                {
                    _consumer.Pause([input.Partition]);
                    input.IsPaused = true;
                }
                else if (input.IsPaused && input.Count <= _plan.Config.BufferedRecordsMax / 2)
                {
                    _consumer.Resume([input.Partition]);
                    input.IsPaused = false;
                }
            }
        }
    }

    /// <summary>Intake has stopped: what was read is processed and committed, then the group is left.</summary>
    private void Drain()
    {
        try
        {
            if (_lost is null)
            {
                Process();
                Commit();
            }
        }
        catch (KafkaException failed)
        {
            // Not committed is not lost: whoever comes next starts at what is committed.
            RuntimeLog.Aborted(_plan.Log, _plan.Name, failed.Code, failed.Message);
        }

        _isClosing = true;
        _consumer.Close(_plan.Config.CloseMax);
    }

    private void Forget(IReadOnlyCollection<TopicPartition> removed)
    {
        _added.RemoveAll(removed.Contains);
        IReadOnlyCollection<TopicPartition> coPartitions = _tasks.Remove(removed);
        _coPartitionsToGiveBack.AddRange(coPartitions);
        _batch.Records.RemoveAll(record => removed.Contains(record.Partition) || coPartitions.Contains(record.Partition));
        if (!_isClosing)
        {
            ShowTasks();
        }
    }

    private void ShowTasks() => _board.Show(
        _restorer.IsIdle ? _board.Status.State : StreamThreadState.Restoring, _board.Status.Cause,
        [.. _tasks.All.Select(task => task.Id)]);

    private void Measure()
    {
        if (_plan.Clock.GetElapsedTime(_lastMeasureAt) < MeasureInterval)
        {
            return;
        }

        _lastMeasureAt = _plan.Clock.GetTimestamp();
        _board.Measure(
            [.. _tasks.All.Select(task => (task.Id, task.Inputs.Sum(Lag)))],
            [.. _tasks.All.SelectMany(task => task.Stores).GroupBy(store => store.Name)
                .Select(group => (group.Key, group.Sum(store => store.Entries)))],
            [.. _tasks.All.Where(task => !task.HasUncommitted).SelectMany(task => task.Inputs)
                .Where(input => input.NextOffset > 0 && _plan.IsRepartition(input.Partition.Topic))
                .Select(input => (input.Partition, input.NextOffset))]);
    }

    private long Lag(PartitionInput input)
    {
        long end = _consumer.KnownEnd(input.Partition);
        return end < 0 || input.IsAtEnd ? input.Count : Math.Max(0, end - Math.Max(input.NextOffset, input.LogStart));
    }
}

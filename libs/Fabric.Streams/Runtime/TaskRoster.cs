using Fabric.Core;
using Fabric.Kafka.Clients;
using Fabric.Streams.State;
using Fabric.Streams.Tasks;

namespace Fabric.Streams.Runtime;

/// <summary>The tasks of one thread: made when their driver partition is assigned, ended when it goes.</summary>
internal sealed class TaskRoster(ThreadPlan plan, IRecordConsumer consumer, TransactionBuffer transaction, StateRestorer restorer)
{
    private readonly SortedDictionary<int, StreamTask> _byPartition = [];
    private readonly Dictionary<TopicPartition, PartitionInput> _inputs = [];
    private readonly HashSet<StreamTask> _ready = [];
    private readonly HashSet<StreamTask> _isFirstRun = [];

    public IReadOnlyCollection<StreamTask> All => _byPartition.Values;

    /// <summary>State restored, processors begun.</summary>
    public bool IsReady(StreamTask task) => _ready.Contains(task);

    public bool AllReady => _ready.Count == _byPartition.Count;

    public PartitionInput? InputOf(TopicPartition partition) => _inputs.GetValueOrDefault(partition);

    /// <summary>Driver partitions came: their tasks are made, their co-partitions assigned, their state looked for.</summary>
    public void Add(IReadOnlyCollection<TopicPartition> drivers)
    {
        List<StreamTask> added = [.. drivers.Select(driver => plan.CreateTask(driver.Partition, transaction))];
        foreach (StreamTask task in added)
        {
            _byPartition.Add(task.Id.Partition, task);
        }

        IReadOnlyDictionary<TopicPartition, long?> committed = CommittedOf(added);
        List<PartitionPosition> coPartitions = [];
        foreach (StreamTask task in added)
        {
            foreach (PartitionInput input in task.Inputs)
            {
                Start(input, committed[input.Partition], long.MaxValue);
                if (!plan.IsDriver(input.Partition))
                {
                    coPartitions.Add(new PartitionPosition(input.Partition, committed[input.Partition] ?? PartitionPosition.Beginning));
                }
            }

            Prepare(task, committed);
        }

        if (coPartitions.Count > 0)
        {
            consumer.IncrementalAssign(coPartitions);
        }
    }

    /// <summary>Ends the tasks of driver partitions that went. Safe inside a rebalance callback: the consumer is not called.</summary>
    /// <returns>Co-partitions to give back once the callback is over.</returns>
    public IReadOnlyCollection<TopicPartition> Remove(IReadOnlyCollection<TopicPartition> drivers)
    {
        List<TopicPartition> coPartitions = [];
        foreach (TopicPartition driver in drivers)
        {
            if (_byPartition.Remove(driver.Partition, out StreamTask? task))
            {
                coPartitions.AddRange(task.Inputs.Select(input => input.Partition).Where(input => !plan.IsDriver(input)));
                End(task);
            }
        }

        return coPartitions;
    }

    /// <summary>
    /// The transaction was lost: every task is made anew from what is committed, and reads again from there.
    /// </summary>
    public void StartOver()
    {
        List<StreamTask> before = [.. _byPartition.Values];
        TopicPartition[] paused =
            [.. before.SelectMany(task => task.Inputs).Where(input => input.IsPaused).Select(input => input.Partition)];
        if (paused.Length > 0)
        {
            consumer.Resume(paused);
        }

        Dictionary<TopicPartition, long> uncommitted = before.SelectMany(task => task.Inputs)
            .ToDictionary(input => input.Partition, input => Math.Min(input.FirstUncommitted, input.MustComeBy));
        foreach (StreamTask task in before)
        {
            End(task);
            _byPartition[task.Id.Partition] = plan.CreateTask(task.Id.Partition, transaction);
        }

        IReadOnlyDictionary<TopicPartition, long?> committed = CommittedOf(_byPartition.Values);
        foreach (StreamTask task in _byPartition.Values)
        {
            foreach (PartitionInput input in task.Inputs)
            {
                Start(input, committed[input.Partition], uncommitted[input.Partition]);
                consumer.Seek(new PartitionPosition(input.Partition, committed[input.Partition] ?? PartitionPosition.Beginning));
            }

            Prepare(task, committed);
        }
    }

    /// <summary>Begins the tasks whose state is there.</summary>
    /// <exception cref="StreamsException">Code <c>OFFSETS_LOST</c>.</exception>
    public void BeginRestored()
    {
        foreach (StreamTask task in _byPartition.Values)
        {
            if (!_ready.Contains(task) && !restorer.IsRestoring(task))
            {
                if (_isFirstRun.Contains(task) && task.ChangelogRecords > 0)
                {
                    throw new StreamsException(
                        "OFFSETS_LOST",
                        $"There is state from an earlier run and no committed offset in the group '{plan.GroupId}': reading from the "
                        + "start would count everything twice. Restore the group's offsets, or delete the changelog topics to begin anew",
                        task.Id.ToString());
                }

                task.Init();
                _ready.Add(task);
            }
        }
    }

    public void CloseAll()
    {
        foreach (StreamTask task in _byPartition.Values)
        {
            End(task);
        }

        _byPartition.Clear();
    }

    private void End(StreamTask task)
    {
        restorer.Remove(task);
        if (_ready.Remove(task))
        {
            task.Close();
        }

        _isFirstRun.Remove(task);
        foreach (PartitionInput input in task.Inputs)
        {
            plan.Metrics.Rewound(input.Rewound);
            _inputs.Remove(input.Partition);
        }
    }

    private IReadOnlyDictionary<TopicPartition, long?> CommittedOf(IEnumerable<StreamTask> tasks) => consumer.Committed(
        [.. tasks.SelectMany(task => task.Inputs).Select(input => input.Partition)], plan.Config.RequestMax);

    private void Start(PartitionInput input, long? committed, long mustComeBy)
    {
        (long start, _) = consumer.Watermarks(input.Partition, plan.Config.RequestMax);
        if (committed is { } next && next < start)
        {
            RuntimeLog.Gap(plan.Log, plan.Name, input.Partition.ToString(), next, start - 1);
            plan.Metrics.Lost(start - next);
        }

        input.StartAt(committed ?? -1, start, mustComeBy);
        _inputs[input.Partition] = input;
    }

    private void Prepare(StreamTask task, IReadOnlyDictionary<TopicPartition, long?> committed)
    {
        if (task.Inputs.All(input => committed[input.Partition] is null))
        {
            _isFirstRun.Add(task);
        }

        foreach (StateStore store in task.Stores)
        {
            var backing = new TopicPartition(task.TopicOf(store), task.Id.Partition);
            if (store.IsLogged)
            {
                restorer.Add(task, store, backing, long.MaxValue);
            }
            else if (committed.TryGetValue(backing, out long? until) && until > 0)
            {
                restorer.Add(task, store, backing, until.Value);
            }
        }
    }
}

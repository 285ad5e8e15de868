using Fabric.Core;
using Fabric.Kafka;
using Fabric.Kafka.Clients;
using Fabric.Streams.Graph;
using Fabric.Streams.Runtime;
using Fabric.Streams.State;
using Microsoft.Extensions.Logging;

namespace Fabric.Streams;

/// <summary>
/// Runs a topology on a Kafka cluster, exactly once: what was read, what came of it and the state it changed become visible
/// together or not at all. Instances with the same application id share the work; start more of them to scale out.
/// </summary>
/// <remarks>Thread-safe. An instance runs once: to start over, make another.</remarks>
public sealed class KafkaStreams : IAsyncDisposable
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PurgeInterval = TimeSpan.FromSeconds(30);

    private readonly Topology _topology;
    private readonly StreamsConfig _config;
    private readonly IKafkaClients _clients;
    private readonly TimeProvider _clock;
    private readonly IThreads _threadSource;
    private readonly Random _random;
    private readonly ILogger _log;
    private readonly StreamsMetrics _metrics;
    private readonly GlobalStores _globals;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopWatching = new();
    private IReadOnlyList<StreamThread> _threads = [];
    private GlobalTableReader? _globalReader;
    private Task _watch = Task.CompletedTask;
    private StreamsState _state = StreamsState.Created;
    private bool _isDisposed;

    /// <param name="random">For the jitter of waits; null: seeded by the system.</param>
    /// <param name="threads">Where the instance's threads come from; null: the operating system.</param>
    /// <exception cref="ArgumentException">Every setting that is out of range, together.</exception>
    public KafkaStreams(
        Topology topology, StreamsConfig config, IKafkaClients clients, TimeProvider clock, ILoggerFactory logs,
        Random? random = null, IThreads? threads = null)
    {
        config.Validate();
        _topology = topology;
        _config = config;
        _clients = clients;
        _clock = clock;
        _random = random ?? new Random();
        _threadSource = threads ?? new SystemThreads(clock);
        _log = logs.CreateLogger<KafkaStreams>();
        _metrics = new StreamsMetrics(config.ApplicationId);
        _metrics.Observe(
            () => _threads.SelectMany(thread => thread.Board.Lags), () => _threads.SelectMany(thread => thread.Board.Stores));
        _globals = new GlobalStores(topology.Globals.Select(global => global.CreateStore()));
    }

    /// <summary>Told of every change, on the thread that caused it; must not block or throw.</summary>
    public event Action<StreamsStateChange>? StateChanged;

    public StreamsState State
    {
        get
        {
            lock (_lock)
            {
                return _state;
            }
        }
    }

    /// <summary>What each thread does, and why.</summary>
    public IReadOnlyList<StreamThreadStatus> Threads => [.. _threads.Select(thread => thread.Board.Status)];

    /// <summary>Records between what was processed and the last known end of the logs, per task.</summary>
    public IReadOnlyDictionary<TaskId, long> Lag => _threads.SelectMany(thread => thread.Board.Lags)
        .GroupBy(lag => lag.Task).ToDictionary(group => group.Key, group => group.Last().Lag);

    /// <summary>
    /// Checks the topics, makes those of the topology's own, reads the global tables to their end and starts the threads.
    /// They join the group and restore state after it returns: watch <see cref="State"/>.
    /// </summary>
    /// <exception cref="StreamsException"><c>TOPICS_MISSING</c> or <c>COPARTITIONS_DIFFER</c>.</exception>
    /// <exception cref="KafkaException">The cluster is away or refuses.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Change(StreamsState.Created, StreamsState.Rebalancing, "starting");
        TopicPlan topics;
        using (IKafkaAdmin admin = _clients.OpenAdmin())
        {
            topics = await TopicPlan.MakeAsync(_topology, _config, admin, cancellationToken).ConfigureAwait(false);
        }

        _globalReader = new GlobalTableReader(_topology, _config, topics, _globals, _clients, _threadSource, _log);
        await _globalReader.CatchUpAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        _globalReader.Start();
        _threads =
        [
            .. from sub in _topology.SubTopologies
               from number in Enumerable.Range(0, _config.Threads)
               select new StreamThread(PlanOf(sub, number, topics), _random, _ => Summarize()),
        ];
        foreach (StreamThread thread in _threads)
        {
            thread.Start();
        }

        _watch = WatchAsync(_stopWatching.Token);
    }

    /// <summary>Stops reading, finishes and commits what was read, leaves the groups in order.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_state is StreamsState.NotRunning or StreamsState.PendingShutdown)
            {
                return;
            }
        }

        Change(null, StreamsState.PendingShutdown, "asked to stop");
        foreach (StreamThread thread in _threads)
        {
            thread.Stop();
        }

        _globalReader?.Stop();
        await _stopWatching.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_threads.Select(thread => thread.Ended)).WaitAsync(cancellationToken).ConfigureAwait(false);
        await (_globalReader?.Ended ?? Task.CompletedTask).WaitAsync(cancellationToken).ConfigureAwait(false);
        await _watch.WaitAsync(cancellationToken).ConfigureAwait(false);
        Change(null, StreamsState.NotRunning, "stopped");
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        await StopAsync(CancellationToken.None).ConfigureAwait(false);
        foreach (StreamThread thread in _threads)
        {
            thread.Dispose();
        }

        _globalReader?.Dispose();
        _stopWatching.Dispose();
        _metrics.Dispose();
    }

    private ThreadPlan PlanOf(SubTopology sub, int number, TopicPlan topics) => new()
    {
        Topology = sub, Topics = topics, Config = _config, Number = number, Clients = _clients, Globals = _globals,
        Metrics = _metrics, Clock = _clock, Threads = _threadSource, Log = _log,
    };

    /// <summary>A thread has changed: what does that make of the whole?</summary>
    private void Summarize()
    {
        IReadOnlyList<StreamThreadStatus> threads = Threads;
        StreamThreadStatus? failed = threads.FirstOrDefault(thread => thread.State == StreamThreadState.Failed);
        StreamThreadStatus? busy = threads.FirstOrDefault(thread => thread.State != StreamThreadState.Running);
        (StreamsState state, string cause) = failed is not null
            ? (StreamsState.Error, $"{failed.Name}: {failed.Cause}")
            : busy is not null
                ? (StreamsState.Rebalancing, $"{busy.Name} is {busy.State} {busy.Cause}".TrimEnd())
                : (StreamsState.Running, "all threads run");
        Change(null, state, cause);
    }

    private void Change(StreamsState? only, StreamsState now, string cause)
    {
        StreamsStateChange change;
        lock (_lock)
        {
            if (only is { } required && _state != required)
            {
                throw new InvalidOperationException($"An instance runs once; this one is {_state}");
            }

            bool isEnding = _state is StreamsState.PendingShutdown && now != StreamsState.NotRunning;
            if (_state == now || isEnding || _state == StreamsState.NotRunning)
            {
                return;
            }

            change = new StreamsStateChange(_state, now, cause, _clock.GetUtcNow());
            _state = now;
        }

        RuntimeLog.State(_log, _config.ApplicationId, now, cause);
        StateChanged?.Invoke(change);
    }

    /// <summary>Reports threads whose turn takes too long, and gives up what was processed of repartition topics.</summary>
    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(WatchInterval, _clock);
        long purgedAt = _clock.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            {
                foreach (StreamThread thread in _threads)
                {
                    Watch(thread.Board);
                }

                if (_topology.RepartitionTopics.Count > 0 && _clock.GetElapsedTime(purgedAt) >= PurgeInterval)
                {
                    purgedAt = _clock.GetTimestamp();
                    await PurgeAsync(cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private void Watch(ThreadBoard board)
    {
        TimeSpan elapsed = board.TurnTime;
        if (elapsed > _config.StepMax
            && board.Status.State is StreamThreadState.Running or StreamThreadState.Restoring)
        {
            RuntimeLog.Stalled(_log, board.Status.Name, elapsed, _config.StepMax);
            _metrics.Stalled();
            board.Show(StreamThreadState.Stalled, $"one turn takes longer than {_config.StepMax}");
        }
    }

    private async Task PurgeAsync(CancellationToken cancellationToken)
    {
        (TopicPartition Partition, long Offset)[] processed = [.. _threads.SelectMany(thread => thread.Board.Processed)];
        if (processed.Length == 0)
        {
            return;
        }

        try
        {
            using IKafkaAdmin admin = _clients.OpenAdmin();
            await admin.DeleteRecordsAsync(
                [.. processed.Select(done => new PartitionPosition(done.Partition, done.Offset))], cancellationToken)
                .ConfigureAwait(false);
        }
        catch (KafkaException failed)
        {
            RuntimeLog.PurgeFailed(_log, failed);
        }
    }
}

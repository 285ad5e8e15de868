using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Fabric.Core;
using Fabric.Kafka.Broker.Configs;
using Fabric.Kafka.Broker.Topics;
using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;
using Microsoft.Extensions.Logging;

namespace Fabric.Kafka.Broker;

/// <summary>
/// The broker without sockets, threads or waiting: requests and completions are posted from anywhere, <see cref="Step"/> does
/// what is queued and what is due. Whoever calls Step is the loop; one caller at a time.
/// </summary>
/// <remarks>
/// One step: timers due, then what is queued, then what became durable, then the fetches that can go on, then the next flush
/// begins. What these cause for now is done in the same step.
/// </remarks>
internal sealed partial class BrokerCore : IBrokerContext, IDisposable
{
    private const int RequestsPerStepMax = 4096;

    private static readonly TimeSpan LongestUnflushed = TimeSpan.FromMinutes(1);

    private readonly ConcurrentQueue<RequestWork> _requests = new();
    private readonly ConcurrentQueue<Action> _actions = new();
    private readonly Dictionary<PartitionLog, LogState> _states = new(ReferenceEqualityComparer.Instance);
    private readonly List<LogState> _internalLogs = [];
    private readonly TimerQueue _timers = new();
    private readonly ILogFlusher _flusher;
    private readonly LogCare _care;
    private readonly BrokerMetrics _metrics;
    private readonly DataDirectory _directory;
    private readonly ILogger _log;
    private readonly FsyncPolicy _fsync;
    private readonly long _fsyncIntervalMs;
    private bool _isFlushDue;

    public BrokerCore(BrokerCoreSettings settings, DataDirectory directory, ILogFlusher flusher, ILogCompactor compactor,
        BrokerMetrics metrics, TimeProvider clock, Random random, IIdSource ids, ILogger log)
    {
        Settings = settings;
        Clock = clock;
        Random = random;
        Ids = ids;
        _directory = directory;
        _flusher = flusher;
        _care = new LogCare(compactor, new DiskReserve(directory.Path));
        _metrics = metrics;
        _log = log;
        _fsync = settings.Fsync;
        _fsyncIntervalMs = (long)(_fsync == FsyncPolicy.Interval ? settings.FsyncInterval : LongestUnflushed).TotalMilliseconds;
        NowMs = clock.GetUtcNow().ToUnixTimeMilliseconds();
        Configs = new BrokerConfigs(settings.TopicDefaults);
        Topics = new TopicCatalog(directory, Configs, settings.Files, clock, ids, log);
        Durability = new Durability(settings.Fsync, flusher, batch => Post(() => Durability!.Complete(batch)), metrics, clock,
            (delay, action) => ScheduleAt(NowMs + (long)delay.TotalMilliseconds, action));
    }

    /// <summary>Called when something is posted from another thread, so that a waiting loop wakes. May be called at any time.</summary>
    public Action? Posted { get; set; }

    public BrokerCoreSettings Settings { get; }

    public TimeProvider Clock { get; }

    public long NowMs { get; private set; }

    public Random Random { get; }

    public IIdSource Ids { get; }

    public int NodeId => Settings.NodeId;

    public string AdvertisedHost => Settings.AdvertisedHost;

    public int AdvertisedPort { get; set; }

    public string ClusterId => _directory.ClusterId;

    public TopicCatalog Topics { get; }

    public BrokerConfigs Configs { get; }

    public Durability Durability { get; }

    public BrokerMetrics Metrics => _metrics;

    /// <summary>Told about each topic that is deleted, so that coordinators forget it too.</summary>
    public Action<string>? TopicDeleted { get; set; }

    /// <summary>When the next step is due without anything being posted, in milliseconds of Unix time; null for never.</summary>
    public long? NextDueMs => _requests.IsEmpty && _actions.IsEmpty ? _timers.NextDueMs : NowMs;

    /// <summary>Opens the logs. The coordinators load theirs after it, before anybody is served.</summary>
    public void Open()
    {
        Topics.Open();
        foreach (Topic topic in Topics.All)
        {
            Track(topic);
        }

        _care.KeepReserve();
        ScheduleCare();
        if (_fsync != FsyncPolicy.Always)
        {
            ScheduleFlush();
        }
    }

    /// <summary>Queues a request. Thread-safe.</summary>
    public void Post(RequestWork work)
    {
        _requests.Enqueue(work);
        Posted?.Invoke();
    }

    /// <summary>Queues an action for the loop. Thread-safe.</summary>
    public void Post(Action action)
    {
        _actions.Enqueue(action);
        Posted?.Invoke();
    }

    /// <summary>Does what is queued and due; returns whether more is queued already.</summary>
    public bool Step()
    {
        NowMs = Clock.GetUtcNow().ToUnixTimeMilliseconds();
        while (_timers.TryTakeDue(NowMs, out ScheduledAction due))
        {
            Run(due.Fire);
        }

        while (_actions.TryDequeue(out Action? action))
        {
            Run(action);
        }

        for (int i = 0; i < RequestsPerStepMax && _requests.TryDequeue(out RequestWork work); i++)
        {
            Handle(work);
        }

        Settle();
        if (_fsync == FsyncPolicy.Always || _isFlushDue)
        {
            _isFlushDue = false;
            Durability.BeginFlush();
        }

        return !_requests.IsEmpty || !_actions.IsEmpty;
    }

    public bool TryGetLog(string topic, int partition, [NotNullWhen(true)] out PartitionLog? log)
    {
        log = Topics.TryGet(topic, out Topic? found) ? found.Find(partition)?.Log : null;
        return log is not null;
    }

    public PartitionLog InternalLog(string name, LogConfig config)
    {
        LogState? open = _internalLogs.Find(state => state.Name == name);
        if (open is null)
        {
            open = new LogState(name, PartitionLog.Open(_directory.InternalFolder(name), config, Clock, _log, Settings.Files));
            _internalLogs.Add(open);
            _states.Add(open.Log, open);
        }

        return open.Log;
    }

    public void WhenDurable(PartitionLog log, long endOffset, Action<ErrorCode> then)
    {
        if (_states.TryGetValue(log, out LogState? state))
        {
            Durability.WhenDurable(state, endOffset, then);
        }
        else
        {
            // Its topic was deleted in the meantime.
            ScheduleAt(NowMs, () => then(ErrorCode.UnknownTopicOrPartition));
        }
    }

    public void LogAdvanced(PartitionLog log)
    {
        if (_states.TryGetValue(log, out LogState? state))
        {
            Durability.Advanced(state);
        }
    }

    public void ScheduleAt(long whenMs, Action action) => _timers.Schedule(whenMs, action);

    /// <summary>As <see cref="ScheduleAt"/>, for what will often be cancelled.</summary>
    public ScheduledAction Schedule(long whenMs, Action action) => _timers.Schedule(whenMs, action);

    /// <summary>Makes a topic and follows its logs. The caller has checked everything.</summary>
    /// <exception cref="IOException">The disk refused; nothing was made.</exception>
    public Topic CreateTopic(string name, int partitions, IReadOnlyDictionary<string, string> configs)
    {
        Topic topic = Topics.Create(name, partitions, configs);
        Track(topic);
        LogTopicCreated(_log, name, partitions, topic.Id);
        return topic;
    }

    /// <summary>Deletes a topic; whoever waits for it is told.</summary>
    /// <exception cref="IOException">The disk refused; the topic is still there.</exception>
    public void DeleteTopic(Topic topic)
    {
        _care.Delete(() => Topics.Delete(topic));
        foreach (LogState state in topic.Partitions)
        {
            Durability.Close(state);
            _states.Remove(state.Log);
        }

        TopicDeleted?.Invoke(topic.Name);
        LogTopicDeleted(_log, topic.Name, topic.Id);
    }

    /// <summary>Raises the start of a log; see <see cref="PartitionLog.DeleteRecordsBefore"/>.</summary>
    public ErrorCode DeleteRecords(LogState state, long offset)
    {
        ErrorCode error = _care.DeleteRecords(state, offset);
        if (error == ErrorCode.None)
        {
            Durability.Advanced(state);
        }

        return error;
    }

    /// <summary>Adds partitions up to that count.</summary>
    /// <exception cref="IOException">The disk refused; the count is what it was.</exception>
    public void GrowTopic(Topic topic, int count)
    {
        Topics.Grow(topic, count);
        Track(topic);
    }

    /// <summary>Flushes everything, on this thread, and closes the logs. Nothing may be posted after it.</summary>
    public void Dispose()
    {
        _flusher.Dispose();
        var last = new FlushBatch(
            [.. _states.Values.Where(state => !state.IsClosed).Select(state => new FlushItem(state))]);
        last.Run();
        foreach (FlushItem item in last.Items.Where(item => item.Failure is not null))
        {
            LogLastFlushFailed(_log, item.State.Name, item.Failure!);
        }

        Topics.Dispose();
        _internalLogs.ForEach(state => state.Log.Dispose());
    }

    private void Track(Topic topic)
    {
        foreach (LogState state in topic.Partitions)
        {
            _states.TryAdd(state.Log, state);
        }
    }

    private void Handle(RequestWork work)
    {
        RequestContext context = work.Context;
        context.NowMs = NowMs;
        _metrics.Request(work.Handler.Name);
        try
        {
            var reader = new KafkaReader(context.Body.Span, context.Response.IsFlexible);
            work.Handler.Handle(context, ref reader);
        }
        catch (ProtocolException exception)
        {
            context.Close(exception.Message);
        }
#pragma warning disable CA1031 // a fault in one request must not stop the others; it is logged with its stack and counted
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _metrics.HandlerFailed();
            LogHandlerFailed(_log, work.Handler.Name, context.ApiVersion, exception);
            context.Close("the broker failed");
        }
        finally
        {
            context.Body = default;
            work.Frame?.Release();
        }
    }

    private void Settle()
    {
        bool any;
        do
        {
            any = false;
            Run(() => any |= Durability.RunReady());
            Run(() => any |= Durability.NotifyWatchers());
        }
        while (any);
    }

    private void Run(Action action)
    {
        try
        {
            action();
        }
#pragma warning disable CA1031 // as in Handle: the loop goes on, and the fault is seen
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _metrics.HandlerFailed();
            LogActionFailed(_log, exception);
        }
    }

    private void ScheduleFlush() => ScheduleAt(NowMs + _fsyncIntervalMs, () =>
    {
        _isFlushDue = true;
        ScheduleFlush();
    });

    // The first look is soon, as Kafka's: a broker that is restarted often must not forget what is too old.
    private void ScheduleCare()
    {
        TimeSpan first = BrokerCoreSettings.FirstRetentionCheck;
        ScheduleRetention(Settings.RetentionCheckInterval < first ? Settings.RetentionCheckInterval : first);
        ScheduleCompaction();
    }

    private void ScheduleRetention(TimeSpan delay) => ScheduleAt(NowMs + (long)delay.TotalMilliseconds, () =>
    {
        ForEachLog(state => LogCare.ApplyRetention(state, NowMs));
        _care.KeepReserve();
        ScheduleRetention(Settings.RetentionCheckInterval);
    });

    private void ScheduleCompaction() => ScheduleAt(NowMs + (long)Settings.CompactionCheckInterval.TotalMilliseconds, () =>
    {
        ForEachLog(state => _care.ConsiderCompaction(state, NowMs, Post));
        ScheduleCompaction();
    });

    private void ForEachLog(Action<LogState> action)
    {
        foreach (LogState state in _states.Values.ToArray())
        {
            Run(() => action(state));
        }
    }

    [LoggerMessage(111, LogLevel.Error, "{Api} version {Version} failed by a fault of the broker; its connection is closed")]
    private static partial void LogHandlerFailed(ILogger log, string api, short version, Exception exception);

    [LoggerMessage(112, LogLevel.Error, "Something scheduled failed by a fault of the broker")]
    private static partial void LogActionFailed(ILogger log, Exception exception);

    [LoggerMessage(113, LogLevel.Information, "Created topic {Topic} with {Partitions} partitions, id {Id}")]
    private static partial void LogTopicCreated(ILogger log, string topic, int partitions, Guid id);

    [LoggerMessage(114, LogLevel.Information, "Deleted topic {Topic}, id {Id}")]
    private static partial void LogTopicDeleted(ILogger log, string topic, Guid id);

    [LoggerMessage(115, LogLevel.Error, "{Name} could not be flushed on shutdown: what was not durable may be gone")]
    private static partial void LogLastFlushFailed(ILogger log, string name, Exception exception);
}

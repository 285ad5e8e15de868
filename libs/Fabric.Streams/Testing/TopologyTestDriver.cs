using Fabric.Core;
using Fabric.Kafka.Clients;
using Fabric.Streams.Dsl;
using Fabric.Streams.Graph;
using Fabric.Streams.Runtime;
using Fabric.Streams.State;
using Fabric.Streams.Tasks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Streams.Testing;

/// <summary>How a topology is tested.</summary>
public sealed record TestDriverOptions
{
    /// <summary>Begins the names of the topology's own topics. Default <c>test</c>.</summary>
    public string ApplicationId { get; init; } = "test";

    /// <summary>Partitions of every topic, and so the number of tasks per sub-topology. Default 1.</summary>
    public int Partitions { get; init; } = 1;

    /// <summary>Where the wall clock stands at first. Default 2026-01-01T00:00:00Z.</summary>
    public DateTimeOffset StartTime { get; init; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Default 900,000 bytes.</summary>
    public int RecordBytesMax { get; init; } = 900_000;

    public ILogger Logger { get; init; } = NullLogger.Instance;
}

/// <summary>
/// Runs a topology in memory, on the caller's thread, without Kafka: records go in, results are read, the wall clock moves
/// when it is told to. The same tasks run here and in production. Not thread-safe.
/// </summary>
public sealed class TopologyTestDriver : IDisposable, IRecordSink, IQuarantine
{
    private readonly Topology _topology;
    private readonly TestDriverOptions _options;
    private readonly TestTopics _topics;
    private readonly TaskSurroundings _around;
    private readonly Dictionary<TaskId, StreamTask> _tasks = [];
    private readonly Queue<ConsumedRecord> _pending = new();
    private readonly List<RejectedRecord> _rejected = [];
    private DateTimeOffset _now;

    public TopologyTestDriver(Topology topology, TestDriverOptions? options = null)
    {
        _topology = topology;
        _options = options ?? new TestDriverOptions();
        _now = _options.StartTime;
        _topics = new TestTopics(_options.Partitions);
        _around = new TaskSurroundings
        {
            ApplicationId = _options.ApplicationId, Sink = this, PartitionCount = _ => _options.Partitions,
            WallClockMs = () => _now.ToUnixTimeMilliseconds(),
            Globals = new GlobalStores(topology.Globals.Select(global => global.CreateStore())), Quarantine = this,
            Logger = _options.Logger, Metrics = new StreamsMetrics(_options.ApplicationId),
            RecordBytesMax = _options.RecordBytesMax, TaskIdleMaxMs = 0,
        };
        StartTasks();
    }

    /// <summary>The wall clock.</summary>
    public DateTimeOffset Now => _now;

    /// <summary>What was refused, in order.</summary>
    public IReadOnlyList<RejectedRecord> Rejected => _rejected;

    /// <summary>A way to put records into a topic.</summary>
    public TestInputTopic<K, V> CreateInputTopic<K, V>(
        string topic, ISerde<K>? keySerde = null, ISerde<V>? valueSerde = null) => new(
        this, topic, GraphBuilder.Serde(keySerde, topic, "key"), GraphBuilder.Serde(valueSerde, topic, "value"));

    /// <summary>A way to read what was written to a topic, each record once.</summary>
    public TestOutputTopic<K, V> CreateOutputTopic<K, V>(
        string topic, ISerde<K>? keySerde = null, ISerde<V>? valueSerde = null) => new(
        _topics, topic, GraphBuilder.Serde(keySerde, topic, "key"), GraphBuilder.Serde(valueSerde, topic, "value"));

    /// <summary>Moves the wall clock and calls the punctuators that fall due, at one-second steps on the way.</summary>
    public void AdvanceWallClock(TimeSpan by)
    {
        DateTimeOffset end = _now + by;
        while (_now < end)
        {
            TimeSpan step = TimeSpan.FromSeconds(1);
            _now = _now + step < end ? _now + step : end;
            foreach (StreamTask task in _tasks.Values)
            {
                task.PunctuateWallClock();
            }

            Pump();
        }
    }

    /// <summary>Keyed state of one task.</summary>
    /// <exception cref="StreamsException">Code <c>STORE_UNKNOWN</c>.</exception>
    public IReadOnlyKeyValueStore<K, V> GetKeyValueStore<K, V>(string name, int partition = 0) =>
        Find(name, partition) as IReadOnlyKeyValueStore<K, V> ?? throw Unknown(name);

    /// <summary>The open windows of one task.</summary>
    /// <exception cref="StreamsException">Code <c>STORE_UNKNOWN</c>.</exception>
    public IReadOnlyKeyValueStore<Windowed<K>, A> GetWindowStore<K, A>(string name, TimeSpan windowSize, int partition = 0) =>
        Find(name, partition) is WindowStore<K, A> store
            ? new WindowStoreView<K, A>(store, (long)windowSize.TotalMilliseconds) : throw Unknown(name);

    /// <summary>
    /// Ends all tasks and starts them anew from their changelogs, as after a crash that followed a commit. (The driver
    /// commits after each record piped in.)
    /// </summary>
    public void Restart()
    {
        foreach (StreamTask task in _tasks.Values)
        {
            task.Close();
        }

        _tasks.Clear();
        StartTasks();
    }

    public void Dispose()
    {
        foreach (StreamTask task in _tasks.Values)
        {
            task.Close();
        }

        _around.Metrics.Dispose();
    }

    void IRecordSink.Send(
        string topic, int? partition, ReadOnlySpan<byte> key, bool hasKey, ReadOnlySpan<byte> value, bool hasValue,
        long timestampMs, IReadOnlyList<RecordHeader>? headers) =>
        _pending.Enqueue(_topics.Append(
            topic, partition, hasKey ? key.ToArray() : null, hasValue ? value.ToArray() : null, timestampMs, headers ?? []));

    void IQuarantine.Quarantine(in RejectedRecord rejected, IRecordSink sink) => _rejected.Add(rejected);

    internal void Pipe(
        string topic, int? partition, byte[]? key, byte[]? value, long timestampMs, IReadOnlyList<RecordHeader> headers)
    {
        _pending.Enqueue(_topics.Append(topic, partition, key, value, timestampMs, headers));
        Pump();
    }

    private void StartTasks()
    {
        foreach (SubTopology sub in _topology.SubTopologies)
        {
            for (int partition = 0; partition < _options.Partitions; partition++)
            {
                var task = new StreamTask(sub, partition, _ => true, _around);
                _tasks.Add(task.Id, task);
                Restore(sub, task);
                task.Init();
                foreach (PartitionInput input in task.Inputs)
                {
                    input.ReachEnd();
                }
            }
        }
    }

    private void Restore(SubTopology sub, StreamTask task)
    {
        foreach (StateStore store in task.Stores)
        {
            if (!store.IsLogged && sub.SourceOf(store.Name) is null)
            {
                continue;
            }

            foreach (ConsumedRecord record in _topics.Records(task.TopicOf(store), task.Id.Partition))
            {
                if (record.Key is not null)
                {
                    store.Restore(record.Key, record.Value, record.TimestampMs);
                }
            }
        }
    }

    /// <summary>Processes what is pending, and what that produces, until nothing is left; then commits.</summary>
    private void Pump()
    {
        while (_pending.TryDequeue(out ConsumedRecord record))
        {
            Deliver(record);
        }

        foreach (StreamTask task in _tasks.Values)
        {
            task.FlushChangelogs(_topics);
            task.Committed();
        }
    }

    private void Deliver(in ConsumedRecord record)
    {
        foreach (GlobalTableDefinition global in _topology.Globals)
        {
            if (global.Topic.Resolve(_options.ApplicationId) == record.Partition.Topic && record.Key is not null)
            {
                _around.Globals.Get(global.StoreName).Update(record.Key, record.Value, record.Partition.Topic);
            }
        }

        foreach (StreamTask task in _tasks.Values)
        {
            foreach (PartitionInput input in task.Inputs)
            {
                if (input.Partition == record.Partition)
                {
                    input.Add(record);
                    task.Process(int.MaxValue);
                    input.ReachEnd();
                }
            }
        }
    }

    private StateStore Find(string name, int partition) =>
        _tasks.Values.Where(task => task.Id.Partition == partition)
            .SelectMany(task => task.Stores).FirstOrDefault(store => store.Name == name) ?? throw Unknown(name);

    private static StreamsException Unknown(string name) =>
        new("STORE_UNKNOWN", $"The topology has no store '{name}' of these types", name);
}

using System.Diagnostics.CodeAnalysis;
using Fabric.Core;
using Fabric.Kafka.Broker;
using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;
using Fabric.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Kafka.Tests.Groups;

/// <summary>
/// A broker's core on real logs, moved by hand: time goes on with <see cref="Advance"/>, what was appended becomes durable with
/// <see cref="Flush"/>. It can be killed (all that was written stays) or lose its power (only what was flushed is sure to).
/// </summary>
internal sealed class FakeBroker : IBrokerContext, IDisposable
{
    private readonly string _folder;
    private readonly Dictionary<(string Topic, int Partition), PartitionLog> _logs = [];
    private readonly Dictionary<PartitionLog, long> _durableBytes = [];
    private readonly List<(PartitionLog Log, long EndOffset, Action<ErrorCode> Then)> _waiting = [];
    private readonly PriorityQueue<Action, (long WhenMs, long Order)> _timers = new();
    private readonly ManualTimeProvider _clock;
    private long _order;

    public FakeBroker(string folder, int seed = 0, ManualTimeProvider? clock = null)
    {
        _folder = folder;
        _clock = clock ?? new ManualTimeProvider();
        Random = new Random(seed);
        Ids = new SeededIds(Random);
    }

    public TimeProvider Clock => _clock;

    public ManualTimeProvider ManualClock => _clock;

    public long NowMs => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    public Random Random { get; }

    public IIdSource Ids { get; }

    public int NodeId => 1;

    public string AdvertisedHost => "localhost";

    public int AdvertisedPort => 9092;

    /// <summary>Whether something was promised and is not durable yet.</summary>
    public bool HasWaiting => _waiting.Count > 0;

    /// <summary>Makes partitions, each with a log of its own.</summary>
    public void AddTopic(string topic, int partitions)
    {
        for (int i = 0; i < partitions; i++)
        {
            Open(topic, i, new LogConfig());
        }
    }

    public void RemoveTopic(string topic)
    {
        foreach ((string Topic, int Partition) key in _logs.Keys.Where(key => key.Topic == topic).ToList())
        {
            _logs[key].Dispose();
            _logs.Remove(key);
        }
    }

    public PartitionLog Log(string topic, int partition) => _logs[(topic, partition)];

    public bool TryGetLog(string topic, int partition, [NotNullWhen(true)] out PartitionLog? log) =>
        _logs.TryGetValue((topic, partition), out log);

    public PartitionLog InternalLog(string name, LogConfig config) =>
        _logs.TryGetValue((name, 0), out PartitionLog? log) ? log : Open(name, 0, config);

    public void WhenDurable(PartitionLog log, long endOffset, Action<ErrorCode> then) => _waiting.Add((log, endOffset, then));

    public void LogAdvanced(PartitionLog log)
    {
    }

    public void ScheduleAt(long whenMs, Action action) => _timers.Enqueue(action, (whenMs, _order++));

    /// <summary>Runs what is due now.</summary>
    public void Step()
    {
        while (_timers.TryPeek(out _, out (long WhenMs, long Order) due) && due.WhenMs <= NowMs)
        {
            _timers.Dequeue()();
        }
    }

    /// <summary>Lets time pass, running everything that falls due on the way at its own moment.</summary>
    public void Advance(long milliseconds)
    {
        long end = NowMs + milliseconds;
        while (_timers.TryPeek(out _, out (long WhenMs, long Order) due) && due.WhenMs <= end)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(Math.Max(0, due.WhenMs - NowMs)));
            _timers.Dequeue()();
        }

        _clock.Advance(TimeSpan.FromMilliseconds(end - NowMs));
    }

    /// <summary>One flush of every log, then the callbacks of what it made durable.</summary>
    public void Flush()
    {
        foreach (PartitionLog log in _logs.Values.Where(log => log.DurableOffset < log.EndOffset))
        {
            log.MarkDurable(log.Flush());
            _durableBytes[log] = BytesOf(log);
        }

        (PartitionLog Log, long EndOffset, Action<ErrorCode> Then)[] done = [.. _waiting.Where(wait => wait.EndOffset <= wait.Log.DurableOffset)];
        _waiting.RemoveAll(wait => wait.EndOffset <= wait.Log.DurableOffset);
        foreach ((_, _, Action<ErrorCode> then) in done)
        {
            then(ErrorCode.None);
        }

        Step();
    }

    /// <summary>The next flush fails: what waits hears so, and the logs are cut to what was durable.</summary>
    public void FailFlush()
    {
        (PartitionLog Log, long EndOffset, Action<ErrorCode> Then)[] failed = [.. _waiting];
        _waiting.Clear();
        foreach (PartitionLog log in _logs.Values)
        {
            Assert.True(log.CutToDurable());
        }

        foreach ((_, _, Action<ErrorCode> then) in failed)
        {
            then(ErrorCode.KafkaStorageError);
        }

        Step();
    }

    /// <summary>Flushes until nobody waits any more.</summary>
    public void Settle()
    {
        Step();
        while (HasWaiting)
        {
            Flush();
        }
    }

    /// <summary>The process is gone; what it wrote is in the files.</summary>
    public FakeBroker Kill()
    {
        Dispose();
        return Restart();
    }

    /// <summary>The machine is gone: of what was not flushed, each file keeps some first part.</summary>
    public FakeBroker CutPower()
    {
        List<(string Path, long Sure, long Written)> files =
            [.. _logs.Values.Select(log => (PathOf(log), _durableBytes.GetValueOrDefault(log), BytesOf(log)))];
        Dispose();
        foreach ((string path, long sure, long written) in files)
        {
            using FileStream file = File.OpenWrite(path);
            file.SetLength(Random.Next(2) == 0 ? sure : Random.NextInt64(sure, written + 1));
        }

        return Restart();
    }

    public void Dispose()
    {
        foreach (PartitionLog log in _logs.Values)
        {
            log.Dispose();
        }
    }

    private FakeBroker Restart()
    {
        var restarted = new FakeBroker(_folder, Random.Next(), _clock);
        foreach (((string topic, int partition), PartitionLog log) in _logs)
        {
            restarted.Open(topic, partition, log.Config);
        }

        return restarted;
    }

    private PartitionLog Open(string topic, int partition, LogConfig config)
    {
        var log = PartitionLog.Open(Path.Combine(_folder, $"{topic}-{partition}"), config, _clock, NullLogger.Instance);
        _logs.Add((topic, partition), log);
        _durableBytes[log] = BytesOf(log);
        return log;
    }

    private static string PathOf(PartitionLog log) => LogFileNames.Log(log.Folder, 0);

    private static long BytesOf(PartitionLog log) => new FileInfo(PathOf(log)).Length;

    private sealed class SeededIds(Random random) : IIdSource
    {
        public Guid NewId()
        {
            Span<byte> bytes = stackalloc byte[16];
            random.NextBytes(bytes);
            return new Guid(bytes);
        }
    }
}

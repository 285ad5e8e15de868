using System.IO.Pipelines;
using Fabric.Core;
using Fabric.Kafka;
using Fabric.Kafka.Api;
using Fabric.Kafka.Broker;
using Fabric.Kafka.Broker.Topics;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;
using Fabric.Kafka.Server;
using Fabric.Kafka.Tests.Log;
using Fabric.Kafka.Transactions;
using Fabric.Simulation.Scheduling;
using Fabric.Testing;
using Microsoft.Extensions.Logging;

namespace Fabric.Simulation.Kafka;

/// <summary>
/// The embedded broker's core, its request handlers and its logs, stepped by the simulator: requests and answers travel as the
/// bytes they are on the wire, over a network that is slow and loses them. Its disk is memory that knows what was flushed.
/// </summary>
internal sealed class StepBroker : IDisposable
{
    private const string Host = "/10.0.0.1";

    private static readonly TimeSpan RefusedAfter = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan RestartedAfter = TimeSpan.FromSeconds(1);

    private readonly Simulator _simulator;
    private readonly SimulatedProcess _process;
    private readonly TempFolder _folder = new();
    private readonly ILogger _log;
    private readonly RequestMemory _memory = new(long.MaxValue);
    private readonly List<(PendingResponse Response, Action<byte[]?> Answer)> _pending = [];
    private MemoryLogFiles _disk = new();
    private Running? _running;
    private bool _isStepScheduled;

    public StepBroker(Simulator simulator, Faults faults, ILogger log)
    {
        _simulator = simulator;
        Faults = faults;
        _log = log;
        _process = new SimulatedProcess(simulator, "broker");
        Start();
    }

    public Faults Faults { get; }

    public bool IsUp => _running is not null;

    public int Starts { get; private set; }

    /// <summary>The handlers' table, for who writes requests.</summary>
    public ApiTable Table => _running!.Table;

    /// <summary>
    /// Sends a request and calls back, on the driver, with the answer's bytes; with null when the connection broke first, and
    /// then it is not known whether the request was carried out.
    /// </summary>
    /// <param name="frame">Header and body, without the size before them.</param>
    public void Send(byte[] frame, Action<byte[]?> answer)
    {
        if (_simulator.Chance(Faults.RequestLost))
        {
            _simulator.Trace.Add("request-lost");
            _simulator.Schedule(Delay(), () => answer(null));
            return;
        }

        if (_simulator.Chance(Faults.AnswerLost))
        {
            Action<byte[]?> told = answer;
            answer = _ =>
            {
                _simulator.Trace.Add("answer-lost");
                told(null);
            };
        }

        _simulator.Schedule(Delay(), () => Arrive(frame, answer));
    }

    /// <summary>The process is killed, or the power goes: then any part of what was not flushed is gone too.</summary>
    public void Crash(bool losesPower)
    {
        if (_running is not { } running)
        {
            return;
        }

        _running = null;
        _disk = losesPower ? _disk.AfterPowerCut(_simulator.Random) : _disk.AfterKill();
        running.Abandon();
        (PendingResponse, Action<byte[]?> Answer)[] lost = [.. _pending];
        _pending.Clear();
        foreach ((_, Action<byte[]?> answer) in lost)
        {
            _simulator.Schedule(Delay(), () => answer(null));
        }
    }

    public void Start()
    {
        Starts++;
        Running running = null!;
        _disk.Fails = (operation, _) => operation == FileOperation.Flush && _simulator.Chance(Faults.FlushFails);
        try
        {
            running = new Running(_folder["broker"], _disk, _process, new Flusher(this, () => _running == running), _log);
        }
        catch (KafkaException failed) when (failed.IsRetriable)
        {
            _simulator.Trace.Add("start-failed", failed.Code);
            _simulator.Schedule(RestartedAfter, Start); // by whoever watches over the process
            return;
        }

        _running = running;
        running.Core.Posted = ScheduleStep;
        ScheduleStep();
        ScheduleTimers();
    }

    public void Dispose()
    {
        _running?.Abandon();
        _process.Dispose();
        _folder.Dispose();
    }

    private TimeSpan Delay()
    {
        if (_simulator.Chance(Faults.Slow))
        {
            _simulator.Trace.Add("slow");
            return _simulator.Between(500, 9_000);
        }

        return _simulator.Between(0.05, 1.5);
    }

    private void Arrive(byte[] frame, Action<byte[]?> answer)
    {
        if (_running is not { } running)
        {
            _simulator.Schedule(RefusedAfter, () => answer(null));
            return;
        }

        byte[] buffer = _memory.Take(frame.Length);
        frame.CopyTo(buffer, 0);
        var response = new PendingResponse();
        running.Dispatcher.Dispatch(
            new RequestFrame(buffer, frame.Length, _memory), response, new SaslSession(new Dictionary<string, string>()), Host);
        _pending.Add((response, answer));
        ScheduleStep();
    }

    private void ScheduleStep()
    {
        if (!_isStepScheduled)
        {
            _isStepScheduled = true;
            _simulator.Schedule(TimeSpan.Zero, Step);
        }
    }

    private void Step()
    {
        _isStepScheduled = false;
        if (_running is not { } running)
        {
            return;
        }

        while (running.Core.Step())
        {
        }

        if (running.Failures.Last is { } failure)
        {
            _simulator.Fail(new InvalidOperationException($"The broker failed: {failure}"));
        }

        for (int i = 0; i < _pending.Count; i++)
        {
            (PendingResponse response, Action<byte[]?> answer) = _pending[i];
            if (response.IsDone)
            {
                _pending.RemoveAt(i--);
                byte[]? bytes = BytesOf(response);
                _simulator.Schedule(Delay(), () => answer(bytes));
            }
        }

        ScheduleTimers();
    }

    /// <summary>The broker's own timers: a step is due when the next of them is.</summary>
    private void ScheduleTimers()
    {
        if (_running is { Core.NextDueMs: { } dueMs } running && (running.StepAtMs > dueMs || running.StepAtMs < NowMs))
        {
            running.StepAtMs = dueMs;
            _simulator.Schedule(TimeSpan.FromMilliseconds(Math.Max(1, dueMs - NowMs)), () =>
            {
                if (ReferenceEquals(_running, running) && running.StepAtMs == dueMs)
                {
                    running.StepAtMs = long.MaxValue;
                    Step();
                }
            });
        }
    }

    private long NowMs => _simulator.Now.ToUnixTimeMilliseconds();

    /// <summary>The answer as it goes over the wire, without the size before it; null for a closed connection.</summary>
    private static byte[]? BytesOf(PendingResponse pending)
    {
        if (pending.AbandonReason is not null)
        {
            return null;
        }

        using (pending.Context!.Response)
        {
            var stream = new MemoryStream();
            var writer = new ResponseWriter(PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true)));
            writer.WriteAsync(pending.Context, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            writer.FlushAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
            return stream.ToArray()[sizeof(int)..];
        }
    }

    /// <summary>One life of the broker.</summary>
    private sealed class Running
    {
        private readonly DataDirectory _directory;
        private readonly BrokerMetrics _metrics = new();

        public Running(string folder, MemoryLogFiles disk, SimulatedProcess process, Flusher flusher, ILogger log)
        {
            Failures = new FailureWatch(log);
            var ids = new SeededIds(process.Random);
            _directory = DataDirectory.Open(folder, ids);
            var settings = new BrokerCoreSettings { Files = new FolderedDisk(disk), AutoCreateTopics = false };
            Core = new BrokerCore(
                settings, _directory, flusher, new InlineLogCompactor(), _metrics, process.Clock, process.Random, ids, Failures)
            {
                AdvertisedPort = 9092,
            };
            try
            {
                Table = BrokerApis.Open(Core, new GroupOptions(), new TransactionOptions(), Failures);
            }
            catch
            {
                Abandon();
                throw;
            }

            Dispatcher = new RequestDispatcher(Table, Core.Post);
        }

        public BrokerCore Core { get; }

        public ApiTable Table { get; }

        public RequestDispatcher Dispatcher { get; }

        public FailureWatch Failures { get; }

        public long StepAtMs { get; set; } = long.MaxValue;

        /// <summary>Lets the folder go; nothing is flushed or closed.</summary>
        public void Abandon()
        {
            _metrics.Dispose();
            _directory.Dispose();
        }
    }

    /// <summary>Flushes take a while, and what is not flushed when the broker dies never is.</summary>
    private sealed class Flusher(StepBroker broker, Func<bool> isAlive) : ILogFlusher
    {
        public void Begin(FlushBatch batch, Action<FlushBatch> completed) =>
            broker._simulator.Schedule(broker._simulator.Between(0.1, 3), () =>
            {
                if (isAlive())
                {
                    batch.Run();
                    completed(batch);
                }
            });

        public void Dispose()
        {
        }
    }
}

/// <summary>Passes the broker's log on and keeps the last fault of its own; a failing disk is none.</summary>
internal sealed class FailureWatch(ILogger log) : ILogger
{
    public string? Last { get; private set; }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error || log.IsEnabled(logLevel);

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel >= LogLevel.Error && exception is not null and not IOException)
        {
            Last = $"{formatter(state, exception)}: {exception}";
        }

        log.Log(logLevel, eventId, state, exception, formatter);
    }
}

/// <summary>Ids drawn from the seed.</summary>
internal sealed class SeededIds(Random random) : IIdSource
{
    public Guid NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes);
    }
}

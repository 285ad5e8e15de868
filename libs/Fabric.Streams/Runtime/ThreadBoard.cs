using Fabric.Core;

namespace Fabric.Streams.Runtime;

/// <summary>What a stream thread shows of itself to others. Written by the thread, read by anybody.</summary>
internal sealed class ThreadBoard(string name, TimeProvider clock, Action<ThreadBoard> changed)
{
    private readonly Lock _lock = new();
    private StreamThreadStatus _status =
        new(name, StreamThreadState.Starting, "", clock.GetUtcNow(), []);

    private IReadOnlyList<(TaskId Task, long Lag)> _lags = [];
    private IReadOnlyList<(string Store, long Entries)> _stores = [];
    private IReadOnlyList<(TopicPartition Partition, long Offset)> _processed = [];
    private long _turnStartedAt = clock.GetTimestamp();

    public StreamThreadStatus Status
    {
        get
        {
            lock (_lock)
            {
                return _status;
            }
        }
    }

    public IReadOnlyList<(TaskId Task, long Lag)> Lags => Volatile.Read(ref _lags);

    public IReadOnlyList<(string Store, long Entries)> Stores => Volatile.Read(ref _stores);

    /// <summary>Repartition topics, up to where they were processed and committed.</summary>
    public IReadOnlyList<(TopicPartition Partition, long Offset)> Processed => Volatile.Read(ref _processed);

    /// <summary>How long the present turn of the thread's loop has taken.</summary>
    public TimeSpan TurnTime => clock.GetElapsedTime(Volatile.Read(ref _turnStartedAt));

    public void BeginTurn()
    {
        Volatile.Write(ref _turnStartedAt, clock.GetTimestamp());
        if (_status.State == StreamThreadState.Stalled)
        {
            Show(StreamThreadState.Running, "");
        }
    }

    public void Show(StreamThreadState state, string cause, IReadOnlyList<TaskId>? tasks = null)
    {
        lock (_lock)
        {
            if (_status.State == state && _status.Cause == cause && tasks is null)
            {
                return;
            }

            DateTimeOffset since = _status.State == state ? _status.Since : clock.GetUtcNow();
            _status = _status with { State = state, Cause = cause, Since = since, Tasks = tasks ?? _status.Tasks };
        }

        changed(this);
    }

    public void Measure(
        IReadOnlyList<(TaskId Task, long Lag)> lags, IReadOnlyList<(string Store, long Entries)> stores,
        IReadOnlyList<(TopicPartition Partition, long Offset)> processed)
    {
        Volatile.Write(ref _lags, lags);
        Volatile.Write(ref _stores, stores);
        Volatile.Write(ref _processed, processed);
    }
}

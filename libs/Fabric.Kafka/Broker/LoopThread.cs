namespace Fabric.Kafka.Broker;

/// <summary>Steps the core on one thread: at once when something is posted, else when the next timer is due.</summary>
internal sealed class LoopThread : IDisposable
{
    private readonly BrokerCore _core;
    private readonly Thread _thread;
    private readonly AutoResetEvent _wake = new(false);
    private readonly ITimer _alarm;
    private int _isSignalled;
    private long _alarmMs = long.MaxValue;
    private volatile bool _isStopping;
    private bool _isStarted;

    public LoopThread(BrokerCore core)
    {
        _core = core;
        _alarm = core.Clock.CreateTimer(_ => AlarmFired(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        core.Posted = Signal;
        _thread = new Thread(Run) { IsBackground = true, Name = "kafka-loop" };
    }

    public void Start()
    {
        _isStarted = true;
        _thread.Start();
    }

    /// <summary>Does what is queued, then stops.</summary>
    public void Dispose()
    {
        _isStopping = true;
        Signal();
        if (_isStarted)
        {
            _thread.Join();
        }

        _core.Posted = null;
        _alarm.Dispose();
        _wake.Dispose();
    }

    private void Signal()
    {
        if (Interlocked.Exchange(ref _isSignalled, 1) == 0)
        {
            _wake.Set();
        }
    }

    private void Run()
    {
        while (true)
        {
            Volatile.Write(ref _isSignalled, 0);
            Interlocked.MemoryBarrier();
            bool hasMore = _core.Step();
            if (hasMore)
            {
                continue;
            }

            if (_isStopping)
            {
                return;
            }

            SetAlarm();
            _wake.WaitOne();
        }
    }

    private void AlarmFired()
    {
        Interlocked.Exchange(ref _alarmMs, long.MaxValue);
        Signal();
    }

    // A timer due earlier moves the alarm; one that went leaves it, at the price of a step with nothing to do.
    private void SetAlarm()
    {
        if (_core.NextDueMs is { } dueMs && dueMs < Interlocked.Read(ref _alarmMs))
        {
            Interlocked.Exchange(ref _alarmMs, dueMs);
            long delayMs = Math.Clamp(dueMs - _core.Clock.GetUtcNow().ToUnixTimeMilliseconds(), 0, int.MaxValue);
            _alarm.Change(TimeSpan.FromMilliseconds(delayMs), Timeout.InfiniteTimeSpan);
        }
    }
}

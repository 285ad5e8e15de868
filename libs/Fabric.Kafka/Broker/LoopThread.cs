using Fabric.Kafka.Server;

namespace Fabric.Kafka.Broker;

/// <summary>
/// Steps the core, one caller at a time: whoever posts to an idle core runs it there and then, which saves waking a thread (a good
/// part of a round trip). Who has done a few steps so leaves the rest to a thread of the loop's own, as timers are.
/// </summary>
internal sealed class LoopThread : IDisposable
{
    private const int Idle = 0;
    private const int Running = 1;

    /// <summary>Somebody runs it, and must look at the queues again before it is idle.</summary>
    private const int RunningAgain = 2;

    /// <summary>Steps that a poster's thread is borrowed for.</summary>
    private const int BorrowedStepsMax = 4;

    private readonly BrokerCore _core;
    private readonly ResponseOutbox _outbox;
    private readonly Thread _thread;
    private readonly AutoResetEvent _wake = new(false);
    private readonly ITimer _alarm;
    private int _state = Running; // nobody runs it before the start
    private long _alarmMs = long.MaxValue;
    private volatile bool _isHandedOver = true;
    private volatile bool _isStopping;
    private bool _isStarted;

    public LoopThread(BrokerCore core, ResponseOutbox outbox)
    {
        _core = core;
        _outbox = outbox;
        _alarm = core.Clock.CreateTimer(_ => AlarmFired(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        core.Posted = Signal;
        _thread = new Thread(Run) { IsBackground = true, Name = "kafka-loop" };
    }

    public void Start()
    {
        _isStarted = true;
        _thread.Start();
        _wake.Set();
    }

    /// <summary>Does what is queued, then stops.</summary>
    public void Dispose()
    {
        if (_isStarted)
        {
            SpinWait.SpinUntil(TryTake); // and never let go of it
            while (StepOnce())
            {
            }

            _isStopping = true;
            _wake.Set();
            _thread.Join();
        }

        _core.Posted = null;
        _alarm.Dispose();
        _wake.Dispose();
    }

    private void Signal()
    {
        // Also a full fence between what was queued and this look at the state.
        while (Interlocked.CompareExchange(ref _state, RunningAgain, Running) == Idle)
        {
            if (TryTake())
            {
                if (!RunSteps(BorrowedStepsMax))
                {
                    HandOver();
                }

                return;
            }
        }
    }

    private bool TryTake() => Interlocked.CompareExchange(ref _state, Running, Idle) == Idle;

    private void HandOver()
    {
        _isHandedOver = true;
        _wake.Set();
    }

    private void Run()
    {
        while (!_isStopping)
        {
            _wake.WaitOne();
            if (_isHandedOver)
            {
                _isHandedOver = false;
                while (!RunSteps(int.MaxValue))
                {
                }
            }
        }
    }

    /// <summary>Whether the core is idle again; else the caller, who had taken it, still has it.</summary>
    private bool RunSteps(int stepsMax)
    {
        try
        {
            for (int i = 0; i < stepsMax; i++)
            {
                if (StepOnce())
                {
                    continue;
                }

                SetAlarm();
                if (Interlocked.CompareExchange(ref _state, Idle, Running) == Running)
                {
                    return true;
                }
            }

            return false;
        }
        catch (Exception exception)
        {
            // A borrowed thread may have a handler further up, and nobody could ever take the core again.
            Environment.FailFast("The broker's loop failed", exception);
            throw;
        }
    }

    private bool StepOnce()
    {
        Interlocked.Exchange(ref _state, Running);
        bool hasMore = _core.Step();
        _outbox.Deliver();
        return hasMore;
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

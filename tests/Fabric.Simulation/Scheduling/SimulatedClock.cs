namespace Fabric.Simulation.Scheduling;

/// <summary>The world's clock as one process sees it. A timer fires on a fiber of its process.</summary>
internal sealed class SimulatedClock(SimulatedProcess process) : TimeProvider
{
    private bool _isStopped;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => process.Simulator.Now;

    public override long GetTimestamp() => process.Simulator.NowTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimulatedTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>No timer fires any more.</summary>
    public void StopTimers() => _isStopped = true;

    private sealed class SimulatedTimer(SimulatedClock clock, TimerCallback callback, object? state) : ITimer
    {
        private SimulatedProcess Process => clock.Owner;

        private volatile int _setting;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            int setting = Interlocked.Increment(ref _setting);
            if (dueTime != Timeout.InfiniteTimeSpan && !clock._isStopped)
            {
                Arm(setting, dueTime, period);
            }

            return true;
        }

        public void Dispose() => Interlocked.Increment(ref _setting);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Arm(int setting, TimeSpan dueTime, TimeSpan period) => Process.Simulator.Schedule(dueTime, () =>
        {
            if (_setting != setting || clock._isStopped)
            {
                return;
            }

            Process.Start("timer", () => callback(state));
            if (period > TimeSpan.Zero)
            {
                Arm(setting, period, period);
            }
        });
    }

    private SimulatedProcess Owner => process;
}

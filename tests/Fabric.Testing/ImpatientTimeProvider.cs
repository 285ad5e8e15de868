namespace Fabric.Testing;

/// <summary>The system's clock, whose timers fall due at once: pauses before a next attempt cost a test nothing.</summary>
public sealed class ImpatientTimeProvider : TimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? TimeSpan.Zero : dueTime, period);
}

namespace Fabric.Streams.Runtime;

/// <summary>Waiting on a thread of one's own, by the given clock, until the time is over or somebody says stop.</summary>
internal static class Waiting
{
    public static void For(TimeSpan time, TimeProvider clock, CancellationToken stop)
    {
        using var over = new ManualResetEventSlim();
        using ITimer timer = clock.CreateTimer(_ => over.Set(), null, time, Timeout.InfiniteTimeSpan);
        WaitHandle.WaitAny([over.WaitHandle, stop.WaitHandle]);
    }
}

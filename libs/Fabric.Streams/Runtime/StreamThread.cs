using Fabric.Kafka;
using Fabric.Kafka.Clients;

namespace Fabric.Streams.Runtime;

/// <summary>
/// A thread that opens clients and works with them, again and again: what breaks a session is reported, waited out and
/// followed by a new one. Only a second process under the same node id, or lost offsets, end it for good.
/// </summary>
internal sealed class StreamThread : IDisposable
{
    private readonly ThreadPlan _plan;
    private readonly Random _random;
    private readonly FencingWatch _fencings;
    private readonly CancellationTokenSource _stop = new();

    public StreamThread(ThreadPlan plan, Random random, Action<ThreadBoard> changed)
    {
        _plan = plan;
        _random = random;
        _fencings = new FencingWatch(plan.Clock);
        Board = new ThreadBoard(plan.Name, plan.Clock, changed);
    }

    public ThreadBoard Board { get; }

    /// <summary>Completed when the thread has ended, or before it was started.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    public void Start() => Ended = _plan.Threads.Run(_plan.Name, Run);

    public void Stop() => _stop.Cancel();

    public void Dispose() => _stop.Dispose();

    private void Run()
    {
        TimeSpan wait = _plan.Config.RebuildBackoffMin;
        while (!_stop.IsCancellationRequested)
        {
            long startedAt = _plan.Clock.GetTimestamp();
            try
            {
                Board.Show(StreamThreadState.Starting, "");
                using var session = new ThreadSession(_plan, Board);
                session.Run(_stop.Token);
            }
            catch (Exception failed) when (IsFinal(failed))
            {
                RuntimeLog.Failed(_plan.Log, _plan.Name, failed);
                Board.Show(StreamThreadState.Failed, failed.Message, []);
                return;
            }
#pragma warning disable CA1031 // Whatever it is, a thread that silently ends stops a plant: it is reported, and tried again.
            catch (Exception failed)
#pragma warning restore CA1031
            {
                bool wasHealthy = _plan.Clock.GetElapsedTime(startedAt) > _plan.Config.RebuildBackoffMax * 2;
                wait = wasHealthy ? _plan.Config.RebuildBackoffMin : wait;
                RuntimeLog.Rebuilding(_plan.Log, _plan.Name, wait, failed);
                _plan.Metrics.Rebuilt();
                Board.Show(StreamThreadState.Rebuilding, failed.Message, []);
                Wait(wait);
                wait = TimeSpan.FromTicks(Math.Min(wait.Ticks * 2, _plan.Config.RebuildBackoffMax.Ticks));
            }
        }

        Board.Show(StreamThreadState.Stopped, "", []);
    }

    /// <summary>Another process runs under this node id, or somebody must repair the offsets: trying again does harm.</summary>
    private bool IsFinal(Exception failed) =>
        failed is StreamsException { Code: "OFFSETS_LOST" }
        || (failed is KafkaException { IsFenced: true, Code: "FENCED_INSTANCE_ID" } && _fencings.IsTakenOver());

    private void Wait(TimeSpan wait)
    {
        double jitter;
        lock (_random)
        {
            jitter = 0.8 + (0.4 * _random.NextDouble());
        }

        _plan.Threads.Wait(wait * jitter, _stop.Token);
    }
}

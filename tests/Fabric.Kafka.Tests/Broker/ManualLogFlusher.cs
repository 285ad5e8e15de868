using Fabric.Kafka.Broker;

namespace Fabric.Kafka.Tests.Broker;

/// <summary>A flusher whose flush is done at once and whose completion waits until the test lets it.</summary>
internal sealed class ManualLogFlusher : ILogFlusher
{
    private FlushBatch? _batch;
    private Action<FlushBatch>? _completed;

    public bool IsWaiting => _batch is not null;

    /// <summary>Logs in each flush so far.</summary>
    public List<int> Sizes { get; } = [];

    public void Begin(FlushBatch batch, Action<FlushBatch> completed)
    {
        Assert.Null(_batch);
        batch.Run();
        _batch = batch;
        _completed = completed;
        Sizes.Add(batch.Items.Count);
    }

    /// <summary>Queues the completion for the next step.</summary>
    public void Finish()
    {
        FlushBatch batch = _batch!;
        _batch = null;
        _completed!(batch);
    }

    public void Dispose()
    {
    }
}

using System.Runtime.CompilerServices;

namespace Fabric.Kafka.Log;

/// <summary>A batch that a producer wrote, as far as a duplicate of it needs to be known.</summary>
internal readonly record struct ProducerBatch(
    int FirstSequence, int LastSequence, long BaseOffset, long LastOffset, long TimestampMs);

/// <summary>What a log knows about one producer: enough to refuse duplicates, gaps and zombies.</summary>
internal sealed class ProducerState(long producerId)
{
    /// <summary>Batches a producer may have in flight, and so may send again.</summary>
    public const int BatchesKept = 5;

    public const long NoTransaction = -1;

    private BatchRing _batches;
    private int _next;

    public long ProducerId => producerId;

    public short Epoch { get; set; } = -1;

    /// <summary>Epoch of the coordinator that wrote the last marker; -1 before any.</summary>
    public int CoordinatorEpoch { get; set; } = -1;

    /// <summary>First offset of the transaction that is open here, or <see cref="NoTransaction"/>.</summary>
    public long TransactionFirstOffset { get; set; } = NoTransaction;

    public long LastAppendMs { get; set; }

    /// <summary>How many of the last batches are known, at most <see cref="BatchesKept"/>.</summary>
    public int BatchCount { get; private set; }

    /// <summary>A marker raised the epoch, and nothing was written under it yet: its first sequence number is 0.</summary>
    public bool MustStartAtZero { get; set; }

    /// <summary>The batch before the last when <paramref name="ago"/> is 1, and so on.</summary>
    public ProducerBatch this[int ago] => _batches[(_next - 1 - ago + (2 * BatchesKept)) % BatchesKept];

    public void Add(ProducerBatch batch)
    {
        _batches[_next] = batch;
        _next = (_next + 1) % BatchesKept;
        BatchCount = Math.Min(BatchCount + 1, BatchesKept);
        MustStartAtZero = false;
    }

    /// <summary>A new epoch counts its batches anew.</summary>
    public void StartEpoch(short epoch)
    {
        Epoch = epoch;
        BatchCount = 0;
        _next = 0;
    }

    [InlineArray(BatchesKept)]
    private struct BatchRing
    {
        private ProducerBatch _first;
    }
}

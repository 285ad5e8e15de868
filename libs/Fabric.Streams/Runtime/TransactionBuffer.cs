using Fabric.Core;
using Fabric.Kafka;
using Fabric.Kafka.Clients;
using Fabric.Streams.State;

namespace Fabric.Streams.Runtime;

/// <summary>The open transaction of one thread; begun with the first thing that goes into it.</summary>
internal sealed class TransactionBuffer(ITransactionalProducer producer, TimeProvider clock, IThreads threads, TimeSpan requestMax)
    : IRecordSink, IChangelogSink
{
    private static readonly TimeSpan RetryWait = TimeSpan.FromMilliseconds(10);

    public bool IsOpen { get; private set; }

    public void Send(
        string topic, int? partition, ReadOnlySpan<byte> key, bool hasKey, ReadOnlySpan<byte> value, bool hasValue,
        long timestampMs, IReadOnlyList<RecordHeader>? headers)
    {
        EnsureBegun();
        producer.Produce(topic, partition, key, hasKey, value, hasValue, timestampMs, headers);
    }

    public void Write(
        string topic, int partition, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool hasValue, long timestampMs) =>
        Send(topic, partition, key, true, value, hasValue, Math.Max(timestampMs, 0), null);

    /// <summary>Commits what is in it, with the offsets, under the membership the records were read with.</summary>
    public void Commit(IReadOnlyCollection<PartitionPosition> nextOffsets, object membership)
    {
        EnsureBegun();
        Retrying(() => producer.SendOffsets(nextOffsets, membership, requestMax));
        Retrying(() => producer.Commit(requestMax));
        IsOpen = false;
    }

    public void Abort()
    {
        if (IsOpen)
        {
            Retrying(() => producer.Abort(requestMax));
            IsOpen = false;
        }
    }

    private void EnsureBegun()
    {
        if (!IsOpen)
        {
            producer.Begin();
            IsOpen = true;
        }
    }

    /// <summary>A call that may be repeated is, until the bound: whether a commit took place is known only when it returns.</summary>
    private void Retrying(Action call)
    {
        long startedAt = clock.GetTimestamp();
        while (true)
        {
            try
            {
                call();
                return;
            }
            catch (KafkaException failed) when (failed.IsRetriable && clock.GetElapsedTime(startedAt) < requestMax)
            {
                // The call goes on where it stood. Mostly librdkafka has waited already.
                threads.Wait(RetryWait, CancellationToken.None);
            }
        }
    }
}

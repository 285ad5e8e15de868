using Fabric.Core;
using Fabric.Kafka.Clients;

namespace Fabric.Lakehouse.Bench;

/// <summary>Kafka as it is; tells when the first record of a topic was handed out, when all were, and when their reader was closed.</summary>
internal sealed class CountedKafka(IKafkaClients inner, long recordsExpected) : IKafkaClients
{
    /// <summary>Cancelled when the last expected record was handed out: a sink then commits what it has, and closes.</summary>
    public CancellationTokenSource AllRead { get; } = new();

    /// <summary>When and at which CPU time of the process the first record came.</summary>
    public Moment First { get; private set; }

    /// <summary>The same when the reader was closed: a sink has committed by then.</summary>
    public Moment Closed { get; private set; }

    public IRecordConsumer OpenConsumer(string? groupId, string? instanceId) =>
        new Consumer(this, inner.OpenConsumer(groupId, instanceId), recordsExpected);

    public ITransactionalProducer OpenProducer(string transactionalId) => inner.OpenProducer(transactionalId);

    public IKafkaAdmin OpenAdmin() => inner.OpenAdmin();

    private sealed class Consumer(CountedKafka owner, IRecordConsumer inner, long recordsExpected) : IRecordConsumer
    {
        private long _records;

        public object? GroupMetadata => inner.GroupMetadata;

        public IReadOnlyCollection<TopicPartition> Assignment => inner.Assignment;

        public void Subscribe(string driverTopic, IRebalanceListener listener) => inner.Subscribe(driverTopic, listener);

        public void Assign(IReadOnlyCollection<PartitionPosition> positions) => inner.Assign(positions);

        public void IncrementalAssign(IReadOnlyCollection<PartitionPosition> positions) => inner.IncrementalAssign(positions);

        public void IncrementalUnassign(IReadOnlyCollection<TopicPartition> partitions) => inner.IncrementalUnassign(partitions);

        public void Poll(TimeSpan timeout, int maxEvents, PollBatch into)
        {
            inner.Poll(timeout, maxEvents, into);
            if (_records == 0 && into.Records.Count > 0)
            {
                owner.First = Moment.Now();
            }

            _records += into.Records.Count;
            if (_records >= recordsExpected)
            {
                owner.AllRead.Cancel();
            }
        }

        public void Seek(PartitionPosition position) => inner.Seek(position);

        public void Pause(IReadOnlyCollection<TopicPartition> partitions) => inner.Pause(partitions);

        public void Resume(IReadOnlyCollection<TopicPartition> partitions) => inner.Resume(partitions);

        public IReadOnlyDictionary<TopicPartition, long?> Committed(
            IReadOnlyCollection<TopicPartition> partitions, TimeSpan timeout) => inner.Committed(partitions, timeout);

        public (long Start, long End) Watermarks(TopicPartition partition, TimeSpan timeout) => inner.Watermarks(partition, timeout);

        public long KnownEnd(TopicPartition partition) => inner.KnownEnd(partition);

        public void Close(TimeSpan timeout)
        {
            owner.Closed = Moment.Now();
            inner.Close(timeout);
        }

        public void Dispose() => inner.Dispose();
    }
}

/// <summary>A point on the clock and the CPU time that the process had used.</summary>
internal readonly record struct Moment(long Timestamp, TimeSpan Cpu)
{
    public static Moment Now() => new(TimeProvider.System.GetTimestamp(), Environment.CpuUsage.TotalTime);

    public Took Until(Moment end) => new(TimeProvider.System.GetElapsedTime(Timestamp, end.Timestamp), end.Cpu - Cpu);
}

internal readonly record struct Took(TimeSpan Elapsed, TimeSpan Cpu);

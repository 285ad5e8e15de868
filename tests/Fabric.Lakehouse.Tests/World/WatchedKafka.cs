using Fabric.Core;
using Fabric.Kafka.Clients;

namespace Fabric.Lakehouse.Tests.World;

/// <summary>Kafka as it is, with each poll told to a signal and counted.</summary>
internal sealed class WatchedKafka(IKafkaClients inner, Signal signal) : IKafkaClients
{
    private long _emptyPolls;
    private long _recordsSeen;

    /// <summary>Polls that brought nothing: whatever was there before them has been taken.</summary>
    public long EmptyPolls => Interlocked.Read(ref _emptyPolls);

    /// <summary>Records handed to sinks so far.</summary>
    public long RecordsSeen => Interlocked.Read(ref _recordsSeen);

    /// <summary>Sees what each poll brought before the sink does.</summary>
    public Action<PollBatch> Polled { get; set; } = _ => { };

    public IRecordConsumer OpenConsumer(string? groupId, string? instanceId) =>
        new Consumer(this, inner.OpenConsumer(groupId, instanceId));

    public ITransactionalProducer OpenProducer(string transactionalId) => inner.OpenProducer(transactionalId);

    public IKafkaAdmin OpenAdmin() => inner.OpenAdmin();

    private void OnPolled(PollBatch batch)
    {
        if (batch.Records.Count == 0)
        {
            Interlocked.Increment(ref _emptyPolls);
        }

        Interlocked.Add(ref _recordsSeen, batch.Records.Count);
        Polled(batch);
        signal.Pulse();
    }

    private sealed class Consumer(WatchedKafka owner, IRecordConsumer inner) : IRecordConsumer
    {
        public object? GroupMetadata => inner.GroupMetadata;

        public IReadOnlyCollection<TopicPartition> Assignment => inner.Assignment;

        public void Subscribe(string driverTopic, IRebalanceListener listener) => inner.Subscribe(driverTopic, listener);

        public void Assign(IReadOnlyCollection<PartitionPosition> positions) => inner.Assign(positions);

        public void IncrementalAssign(IReadOnlyCollection<PartitionPosition> positions) => inner.IncrementalAssign(positions);

        public void IncrementalUnassign(IReadOnlyCollection<TopicPartition> partitions) => inner.IncrementalUnassign(partitions);

        public void Poll(TimeSpan timeout, int maxEvents, PollBatch into)
        {
            inner.Poll(timeout, maxEvents, into);
            owner.OnPolled(into);
        }

        public void Seek(PartitionPosition position) => inner.Seek(position);

        public void Pause(IReadOnlyCollection<TopicPartition> partitions) => inner.Pause(partitions);

        public void Resume(IReadOnlyCollection<TopicPartition> partitions) => inner.Resume(partitions);

        public IReadOnlyDictionary<TopicPartition, long?> Committed(
            IReadOnlyCollection<TopicPartition> partitions, TimeSpan timeout) => inner.Committed(partitions, timeout);

        public (long Start, long End) Watermarks(TopicPartition partition, TimeSpan timeout) => inner.Watermarks(partition, timeout);

        public void Close(TimeSpan timeout) => inner.Close(timeout);

        public void Dispose() => inner.Dispose();
    }
}

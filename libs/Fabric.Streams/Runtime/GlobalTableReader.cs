using Fabric.Core;
using Fabric.Kafka;
using Fabric.Kafka.Clients;
using Fabric.Streams.Dsl;
using Fabric.Streams.State;
using Microsoft.Extensions.Logging;

namespace Fabric.Streams.Runtime;

/// <summary>Reads the global tables of an instance, whole, and then along. One thread for all of them.</summary>
internal sealed class GlobalTableReader : IDisposable
{
    private static readonly TimeSpan PollWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RetryWait = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, GlobalStore[]> _storesByTopic;
    private readonly Dictionary<TopicPartition, long> _next = [];
    private readonly HashSet<TopicPartition> _behind = [];
    private readonly IKafkaClients _clients;
    private readonly IThreads _threads;
    private readonly string _name;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public GlobalTableReader(
        Topology topology, StreamsConfig config, TopicPlan topics, GlobalStores stores, IKafkaClients clients,
        IThreads threads, ILogger log)
    {
        _clients = clients;
        _threads = threads;
        _name = $"{config.ApplicationId}-global";
        _log = log;
        _storesByTopic = topology.Globals.GroupBy(global => global.Topic.Resolve(config.ApplicationId)).ToDictionary(
            group => group.Key, group => group.Select(global => stores.Get(global.StoreName)).ToArray());
        foreach (GlobalTableDefinition global in topology.Globals)
        {
            string topic = global.Topic.Resolve(config.ApplicationId);
            for (int partition = 0; partition < topics.PartitionsOf(topic); partition++)
            {
                _next[new TopicPartition(topic, partition)] = PartitionPosition.Beginning;
                _behind.Add(new TopicPartition(topic, partition));
            }
        }
    }

    /// <summary>Every table was read to its end once.</summary>
    public Task CaughtUp => _caughtUp.Task;

    public Task Ended { get; private set; } = Task.CompletedTask;

    public void Start()
    {
        if (_next.Count == 0)
        {
            _caughtUp.SetResult();
            return;
        }

        Ended = _threads.Run(_name, Run);
    }

    public void Stop() => _stop.Cancel();

    public void Dispose() => _stop.Dispose();

    private void Run()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Read();
            }
#pragma warning disable CA1031 // A reader that silently ends leaves every join with old tables: it is reported, and tried again.
            catch (Exception failed)
#pragma warning restore CA1031
            {
                RuntimeLog.GlobalReadFailed(_log, RetryWait, failed);
                _threads.Wait(RetryWait, _stop.Token);
            }
        }

        _caughtUp.TrySetCanceled();
    }

    private void Read()
    {
        using IRecordConsumer consumer = _clients.OpenConsumer(null, null);
        consumer.Assign([.. _next.Select(position => new PartitionPosition(position.Key, position.Value))]);
        var batch = new PollBatch();
        while (!_stop.IsCancellationRequested)
        {
            batch.Clear();
            consumer.Poll(PollWait, 5_000, batch);
            foreach (ConsumedRecord record in batch.Records)
            {
                Apply(record);
            }

            foreach (PartitionPosition end in batch.Ends)
            {
                _behind.Remove(end.Partition);
            }

            if (_behind.Count == 0)
            {
                _caughtUp.TrySetResult();
            }
        }
    }

    private void Apply(in ConsumedRecord record)
    {
        _next[record.Partition] = record.Offset + 1;
        if (record.Key is null)
        {
            return;
        }

        foreach (GlobalStore store in _storesByTopic[record.Partition.Topic])
        {
            try
            {
                store.Update(record.Key, record.Value, record.Partition.Topic);
            }
#pragma warning disable CA1031 // A serde may throw anything; one bad record must not take the table away.
            catch (Exception failed)
#pragma warning restore CA1031
            {
                RuntimeLog.GlobalRecordSkipped(
                    _log, store.Name, record.Partition.ToString(), record.Offset, failed.GetType().Name);
            }
        }
    }
}

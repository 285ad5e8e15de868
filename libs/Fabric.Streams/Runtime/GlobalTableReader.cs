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
    private IRecordConsumer? _consumer;

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

    /// <summary>Completed when the thread has ended, or before it was started.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    /// <summary>Reads every table to its present end. Once, before <see cref="Start"/>.</summary>
    /// <exception cref="OperationCanceledException">Told to stop before that.</exception>
    public async Task CatchUpAsync()
    {
        if (_next.Count > 0)
        {
            Ended = _threads.Run(_name, () => ReadWhile(() => _behind.Count > 0));
            await Ended.ConfigureAwait(false);
            _stop.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Reads on as the tables change.</summary>
    public void Start()
    {
        if (_next.Count > 0)
        {
            Ended = _threads.Run(_name, () => ReadWhile(static () => true));
        }
    }

    public void Stop() => _stop.Cancel();

    public void Dispose()
    {
        _consumer?.Dispose();
        _stop.Dispose();
    }

    private void ReadWhile(Func<bool> isWanted)
    {
        var batch = new PollBatch();
        while (!_stop.IsCancellationRequested && isWanted())
        {
            try
            {
                Read(batch);
            }
#pragma warning disable CA1031 // A reader that silently ends leaves every join with old tables: it is reported, and tried again.
            catch (Exception failed)
#pragma warning restore CA1031
            {
                _consumer?.Dispose();
                _consumer = null;
                RuntimeLog.GlobalReadFailed(_log, RetryWait, failed);
                _threads.Wait(RetryWait, _stop.Token);
            }
        }
    }

    private void Read(PollBatch batch)
    {
        if (_consumer is null)
        {
            _consumer = _clients.OpenConsumer(null, null);
            _consumer.Assign([.. _next.Select(position => new PartitionPosition(position.Key, position.Value))]);
        }

        batch.Clear();
        _consumer.Poll(PollWait, 5_000, batch);
        foreach (ConsumedRecord record in batch.Records)
        {
            Apply(record);
        }

        foreach (PartitionPosition end in batch.Ends)
        {
            _behind.Remove(end.Partition);
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

using Fabric.Core;
using Fabric.Kafka.Clients;
using Fabric.Streams.State;
using Fabric.Streams.Tasks;

namespace Fabric.Streams.Runtime;

/// <summary>
/// Reads changelogs, and tables up to where they were processed, into the stores of tasks that are about to start. A slice
/// at a time: the thread keeps its membership meanwhile. The offsets of a task are read before its changelog's end is, and
/// a committed offset is only seen once its transaction has ended, so nothing committed is missed.
/// </summary>
internal sealed class StateRestorer(IKafkaClients clients, int recordsPerSlice, StreamsMetrics metrics) : IDisposable
{
    private readonly Dictionary<TopicPartition, Part> _parts = [];
    private readonly PollBatch _batch = new();
    private IRecordConsumer? _consumer;
    private bool _isStale;

    private sealed class Part(StreamTask task, StateStore store, long untilOffset)
    {
        public StreamTask Task { get; } = task;

        public StateStore Store { get; } = store;

        /// <summary>Exclusive; <see cref="long.MaxValue"/>: the log's end.</summary>
        public long UntilOffset { get; } = untilOffset;

        public long NextOffset { get; set; } = PartitionPosition.Beginning;

        public long Records { get; set; }
    }

    public bool IsIdle => _parts.Count == 0;

    public bool IsRestoring(StreamTask task)
    {
        foreach (Part part in _parts.Values)
        {
            if (ReferenceEquals(part.Task, task))
            {
                return true;
            }
        }

        return false;
    }

    /// <param name="untilOffset">Exclusive; <see cref="long.MaxValue"/>: the log's end.</param>
    public void Add(StreamTask task, StateStore store, TopicPartition from, long untilOffset)
    {
        _parts[from] = new Part(task, store, untilOffset);
        _isStale = true;
    }

    public void Remove(StreamTask task)
    {
        foreach ((TopicPartition partition, Part part) in _parts)
        {
            if (ReferenceEquals(part.Task, task))
            {
                _parts.Remove(partition);
                _isStale = true;
            }
        }
    }

    /// <summary>Reads a slice.</summary>
    public void Step(TimeSpan wait)
    {
        if (IsIdle)
        {
            Release();
            return;
        }

        if (_isStale)
        {
            _consumer ??= clients.OpenConsumer(null, null);
            _consumer.Assign([.. _parts.Select(part => new PartitionPosition(part.Key, part.Value.NextOffset))]);
            _isStale = false;
        }

        _batch.Clear();
        _consumer!.Poll(wait, recordsPerSlice, _batch);
        foreach (ConsumedRecord record in _batch.Records)
        {
            Apply(record);
        }

        foreach (PartitionPosition end in _batch.Ends)
        {
            Finish(end.Partition);
        }

        metrics.Restored(_batch.Records.Count);
        if (IsIdle)
        {
            Release();
        }
    }

    public void Dispose() => Release();

    private void Apply(in ConsumedRecord record)
    {
        if (!_parts.TryGetValue(record.Partition, out Part? part) || record.Offset < part.NextOffset)
        {
            return;
        }

        if (record.Offset >= part.UntilOffset)
        {
            Finish(record.Partition);
            return;
        }

        part.NextOffset = record.Offset + 1;
        if (record.Key is null)
        {
            return;
        }

        try
        {
            part.Store.Restore(record.Key, record.Value, record.TimestampMs);
            part.Records++;
        }
        catch (Exception failed) when (!part.Store.IsLogged && failed is not FabricException { IsRetriable: true })
        {
            // A table's record that cannot be read went to quarantine when it was processed.
            TaskLog.TableRecordSkipped(part.Task.Logger, part.Task.Id, record.Partition.ToString(), record.Offset, failed.GetType().Name);
        }

        if (part.NextOffset >= part.UntilOffset)
        {
            Finish(record.Partition);
        }
    }

    private void Finish(TopicPartition partition)
    {
        if (_parts.Remove(partition, out Part? part))
        {
            part.Task.Restored(partition, part.Records);
            TaskLog.StoreRestored(part.Task.Logger, part.Task.Id, part.Store.Name, part.Records, partition.ToString());
        }
    }

    private void Release()
    {
        _consumer?.Dispose();
        _consumer = null;
        _isStale = _parts.Count > 0;
    }
}

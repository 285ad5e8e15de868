using Fabric.Core;
using Fabric.Kafka.Clients;
using Microsoft.Extensions.Logging;

namespace Fabric.Lakehouse.Sink;

/// <summary>
/// The partitions a sink holds: where each starts, how far it is, and what its log no longer has. Starting points come from
/// the table, whoever held the partition before.
/// </summary>
/// <remarks>Owned by the sink's thread. What asks the broker must not be called inside a rebalance callback.</remarks>
internal sealed class SinkPartitions(
    TableCommitter committer, IRecordConsumer consumer, SinkOutbox outbox, TimeProvider clock, ILogger log)
{
    private readonly Dictionary<int, PartitionProgress> _held = [];
    private readonly List<PartitionProgress> _unchecked = [];
    private readonly Dictionary<TopicPartition, long> _ends = [];

    /// <summary>Those with something that is not in the table yet.</summary>
    public PartitionProgress[] Uncommitted => [.. _held.Values.Where(partition => partition.HasUncommitted)];

    /// <summary>Null when the partition is held no longer.</summary>
    public PartitionProgress? Find(TopicPartition partition) => _held.GetValueOrDefault(partition.Partition);

    /// <summary>Holds one more; returns where to read on.</summary>
    public PartitionPosition Add(TopicPartition partition)
    {
        PartitionProgress progress = committer.ProgressOf(partition);
        _held[partition.Partition] = progress;
        _unchecked.Add(progress);
        return new PartitionPosition(partition, progress.Resume ?? PartitionPosition.Beginning);
    }

    public void Remove(IReadOnlyCollection<TopicPartition> removed)
    {
        foreach (TopicPartition partition in removed)
        {
            _held.Remove(partition.Partition);
        }

        _unchecked.RemoveAll(progress => removed.Contains(progress.Partition));
    }

    /// <summary>Compares newly held partitions with their logs; true when something was passed over that is to be committed.</summary>
    /// <exception cref="LakehouseException"><c>TOPIC_RECREATED</c>: the stored offset is beyond the log's end.</exception>
    public bool CheckAssigned(TimeSpan timeout)
    {
        bool hasGap = false;
        foreach (PartitionProgress progress in _unchecked)
        {
            if (progress.Resume is not { } resume)
            {
                continue;
            }

            (long start, long end) = consumer.Watermarks(progress.Partition, timeout);
            if (resume > end)
            {
                throw new LakehouseException(
                    "TOPIC_RECREATED",
                    $"The table holds offset {progress.Committed} and the topic ends at {end}: the topic was recreated. Rename "
                    + "the table's folder to begin a new one, or restore the topic", progress.Partition.ToString());
            }

            if (start > resume)
            {
                ReportGap(progress.Partition, resume, start - 1);
                progress.PassOver(start - 1); // goes into the table, so that the gap is told once
                hasGap = true;
            }
        }

        _unchecked.Clear();
        return hasGap;
    }

    /// <summary>
    /// Stretches without records are transaction markers, or records that expired while the sink was slow: the log's start tells.
    /// </summary>
    public void CheckSkipped(PartitionProgress[] positions)
    {
        foreach (PartitionProgress position in positions)
        {
            if (position.LongestSkip is (var first, var last)
                && consumer.Watermarks(position.Partition, TableSink.BrokerTimeout).Start is var start && start > first)
            {
                ReportGap(position.Partition, first, Math.Min(last, start - 1));
            }
        }
    }

    /// <summary>Every partition reads again from what the table says now.</summary>
    public void GoBack()
    {
        _unchecked.Clear();
        foreach (PartitionProgress old in _held.Values.ToArray())
        {
            consumer.Seek(Add(old.Partition));
        }
    }

    /// <summary>Reading reached the end of these, with the next offset: what a log holds beyond its last record are transaction markers.</summary>
    public void NoteEnds(List<PartitionPosition> ends) => ends.ForEach(end => _ends[end.Partition] = end.Offset);

    /// <summary>Records between what was taken and the logs' ends, as last heard.</summary>
    public long Lag() => _held.Values.Sum(progress => Math.Max(
        0, consumer.KnownEnd(progress.Partition) - Math.Max((progress.Taken ?? -1) + 1, _ends.GetValueOrDefault(progress.Partition))));

    private void ReportGap(TopicPartition partition, long first, long last)
    {
        SinkLog.OffsetsExpired(log, partition, first, last);
        outbox.ReportGap(partition, first, last, (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
    }
}

using Fabric.Core;
using Fabric.Kafka.Clients;
using Fabric.Streams.State;

namespace Fabric.Streams.Testing;

/// <summary>The topics of a test: a list of records per partition.</summary>
internal sealed class TestTopics(int partitions) : IChangelogSink
{
    private readonly Dictionary<TopicPartition, List<ConsumedRecord>> _logs = [];
    private readonly Dictionary<string, List<ConsumedRecord>> _arrivals = new(StringComparer.Ordinal);

    public IReadOnlyList<ConsumedRecord> Records(string topic, int partition) =>
        _logs.TryGetValue(new TopicPartition(topic, partition), out List<ConsumedRecord>? log) ? log : [];

    /// <summary>All partitions, in the order in which they were written.</summary>
    public IReadOnlyList<ConsumedRecord> Arrivals(string topic) =>
        _arrivals.TryGetValue(topic, out List<ConsumedRecord>? records) ? records : [];

    public ConsumedRecord Append(
        string topic, int? partition, byte[]? key, byte[]? value, long timestampMs, IReadOnlyList<RecordHeader> headers)
    {
        if (!_arrivals.TryGetValue(topic, out List<ConsumedRecord>? arrivals))
        {
            _arrivals.Add(topic, arrivals = []);
        }

        int number = partition ?? (key is null ? arrivals.Count % partitions : Murmur2.PartitionOf(key, partitions));
        var target = new TopicPartition(topic, number);
        if (!_logs.TryGetValue(target, out List<ConsumedRecord>? log))
        {
            _logs.Add(target, log = []);
        }

        var record = new ConsumedRecord(target, log.Count, timestampMs, key, value, headers);
        log.Add(record);
        arrivals.Add(record);
        return record;
    }

    public void Write(
        string topic, int partition, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool hasValue, long timestampMs) =>
        Append(topic, partition, key.ToArray(), hasValue ? value.ToArray() : null, timestampMs, []);
}

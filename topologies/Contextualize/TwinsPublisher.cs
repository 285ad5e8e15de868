using System.Buffers;
using System.Text;
using Fabric.Kafka.Clients;
using Fabric.Streams;
using Fabric.Topologies.Serdes;
using Fabric.Twins;

namespace Fabric.Topologies.Contextualize;

/// <summary>
/// Brings the <c>twins</c> topic to what a file says, in one transaction that ends with a revision record: readers see the old
/// bindings or the new ones. A file that means the same as the last one changes nothing.
/// </summary>
public sealed class TwinsPublisher(string fabric, string node, IKafkaClients kafka, SchemaIds ids, TimeProvider clock)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    private readonly string _topic = $"{fabric}.twins";
    private readonly TwinEntrySerde _serde = new(ids, clock);

    /// <summary>Publishes the file's bindings when they differ; returns the number of the revision that then stands.</summary>
    /// <exception cref="Kafka.KafkaException">Not published, or another process publishes for this node.</exception>
    public long Publish(TwinFile file, CancellationToken cancellationToken)
    {
        using ITransactionalProducer producer = kafka.OpenProducer($"{fabric}.twins.{node}");
        producer.InitTransactions(Timeout);
        Dictionary<string, TwinEntry> current = ReadCurrent(cancellationToken);
        current.Remove(TwinEntry.RevisionKey, out TwinEntry? revision);
        if (revision?.Hash == file.Hash)
        {
            return revision.Revision;
        }

        var next = new TwinEntry(null, (revision?.Revision ?? 0) + 1, file.Hash);
        producer.Begin();
        foreach ((string key, PointTimeline timeline) in file.Points)
        {
            if (!current.Remove(key, out TwinEntry? known) || !known.Timeline!.Intervals.SequenceEqual(timeline.Intervals))
            {
                Produce(producer, key, new TwinEntry(timeline, next.Revision, ""));
            }
        }

        foreach (string gone in current.Keys)
        {
            producer.Produce(_topic, 0, Encoding.UTF8.GetBytes(gone), hasKey: true, default, hasValue: false);
        }

        Produce(producer, TwinEntry.RevisionKey, next);
        producer.Commit(Timeout);
        return next.Revision;
    }

    private void Produce(ITransactionalProducer producer, string key, TwinEntry entry)
    {
        var value = new ArrayBufferWriter<byte>();
        _serde.Serialize(entry, new SerdeContext(_topic, IsKey: false), value);
        // One partition: the order of a revision's records is the order in which readers see them.
        producer.Produce(_topic, 0, Encoding.UTF8.GetBytes(key), hasKey: true, value.WrittenSpan, hasValue: true);
    }

    private Dictionary<string, TwinEntry> ReadCurrent(CancellationToken cancellationToken)
    {
        var entries = new Dictionary<string, TwinEntry>(StringComparer.Ordinal);
        TopicScan.ReadToEnd(
            kafka, _topic, 1,
            record =>
            {
                string key = Encoding.UTF8.GetString(record.Key ?? []);
                if (record.Value is null)
                {
                    entries.Remove(key);
                }
                else
                {
                    entries[key] = _serde.Deserialize(record.Value, new SerdeContext(_topic, IsKey: false));
                }
            },
            clock, cancellationToken);
        return entries;
    }
}

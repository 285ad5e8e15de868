using System.Text;
using Fabric.Avro;
using Fabric.Avro.Registry;
using Fabric.Core;
using Fabric.Governance.Lineage;
using Fabric.Kafka.Clients;
using Fabric.Schemas;

namespace Fabric.Lakehouse.Sink;

/// <summary>
/// Records a sink writes to Kafka beside its table: quarantined records, gaps, lineage events. The first two are durable before the
/// commit that passes over them, so a repetition after a failure may write them twice (DESIGN §8), recognizable by topic,
/// partition, offset and rule; nothing is passed over in silence.
/// </summary>
/// <remarks>Owned by the sink's thread. The producer is opened when there is something to write.</remarks>
internal sealed class SinkOutbox(string table, SinkServices services) : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    private readonly List<QuarantinedRecord> _quarantined = [];
    private readonly List<Gap> _gaps = [];
    private readonly List<RunEvent> _events = [];
    private ITransactionalProducer? _producer;
    private RecordEncoder<QuarantinedRecord>? _quarantineEncoder;
    private RecordEncoder<Gap>? _gapEncoder;
    private RecordEncoder<LineageEvent>? _eventEncoder;

    private string Component => $"sink:{table}";

    public void Quarantine(in ConsumedRecord record, string rule, string reason)
    {
        QuarantinedRecord quarantined = services.Quarantine.Create(Component, rule, reason, record.Key, record.Value);
        quarantined.Topic = record.Partition.Topic;
        quarantined.Partition = record.Partition.Partition;
        quarantined.Offset = record.Offset;
        quarantined.SchemaId =
            ConfluentFraming.TryRead(record.Value, out int schemaId, out _) == FramingResult.Ok ? schemaId : null;
        _quarantined.Add(quarantined);
    }

    public void ReportGap(TopicPartition partition, long first, long last, long nowMicros) => _gaps.Add(new Gap
    {
        Node = services.Node, Component = Component, Kind = "LOG_TRUNCATED", Topic = partition.Topic,
        Partition = partition.Partition, FirstOffset = first, LastOffset = last, RecordedAtMicros = nowMicros,
        Detail = "the records expired before the sink read them",
    });

    public void Tell(RunEvent runEvent) => _events.Add(runEvent);

    /// <summary>Makes everything handed over so far durable.</summary>
    /// <exception cref="FabricException">It is not: the caller must not commit the table.</exception>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_quarantined.Count == 0 && _gaps.Count == 0 && _events.Count == 0)
        {
            return;
        }

        try
        {
            ITransactionalProducer producer = await OpenAsync(cancellationToken).ConfigureAwait(false);
            producer.Begin();
            Produce(producer);
            producer.Commit(Timeout);
        }
        catch
        {
            Reset();
            throw;
        }

        Clear();
    }

    /// <summary>Forgets what was not flushed: its records are read again.</summary>
    public void Clear()
    {
        _quarantined.Clear();
        _gaps.Clear();
        _events.Clear();
    }

    public void Dispose()
    {
        Reset();
        _quarantineEncoder?.Dispose();
        _gapEncoder?.Dispose();
        _eventEncoder?.Dispose();
    }

    private void Produce(ITransactionalProducer producer)
    {
        byte[] key = Encoding.UTF8.GetBytes(RecordKey.Join(table));
        foreach (QuarantinedRecord record in _quarantined)
        {
            producer.Produce($"{services.Fabric}.quarantine", null, key, true, _quarantineEncoder!.Encode(record), true);
        }

        foreach (Gap gap in _gaps)
        {
            producer.Produce($"{services.Fabric}.gaps", null, key, true, _gapEncoder!.Encode(gap), true);
        }

        foreach (RunEvent runEvent in _events)
        {
            producer.Produce(
                $"{services.Fabric}.lineage", null,
                Encoding.UTF8.GetBytes(RecordKey.Join(runEvent.Job.Namespace, runEvent.Job.Name)), true,
                _eventEncoder!.Encode(RecordOf(runEvent)), true);
        }
    }

    private static LineageEvent RecordOf(RunEvent runEvent) => new()
    {
        EventTimeMicros = (runEvent.EventTime - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond,
        EventType = runEvent.Type.ToString().ToUpperInvariant(), RunId = runEvent.RunId.ToString(),
        JobNamespace = runEvent.Job.Namespace, JobName = runEvent.Job.Name, Event = OpenLineageJson.Write(runEvent),
    };

    private async ValueTask<ITransactionalProducer> OpenAsync(CancellationToken cancellationToken)
    {
        if (_producer is not null)
        {
            return _producer;
        }

        _quarantineEncoder ??= await RecordEncoder<QuarantinedRecord>
            .OpenAsync(services.Registry, $"{services.Fabric}.quarantine", cancellationToken).ConfigureAwait(false);
        _gapEncoder ??= await RecordEncoder<Gap>
            .OpenAsync(services.Registry, $"{services.Fabric}.gaps", cancellationToken).ConfigureAwait(false);
        _eventEncoder ??= await RecordEncoder<LineageEvent>
            .OpenAsync(services.Registry, $"{services.Fabric}.lineage", cancellationToken).ConfigureAwait(false);
        ITransactionalProducer producer = services.Kafka.OpenProducer($"{services.Fabric}.sink.{table}.{services.Node}");
        _producer = producer;
        producer.InitTransactions(Timeout);
        return producer;
    }

    private void Reset()
    {
        _producer?.Dispose();
        _producer = null;
    }
}

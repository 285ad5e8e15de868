using System.Buffers;
using System.Text;
using Fabric.Avro;
using Fabric.Avro.Registry;
using Fabric.Core;
using Fabric.Governance.Quarantine;
using Fabric.Kafka.Clients;
using Fabric.Schemas;

namespace Fabric.Connectors.Runner;

/// <summary>
/// Numbers the observations of a batch and produces batch, quarantined messages, gaps and progress into the open
/// transaction. Numbering and producing are apart, so that an aborted batch is produced again under the same numbers.
/// </summary>
/// <remarks>Owned by one runner.</remarks>
internal sealed class BatchWriter : IDisposable
{
    private readonly ConnectorIdentity _identity;
    private readonly QuarantineRecords _quarantineRecords;
    private readonly TimeProvider _clock;
    private readonly RecordEncoder<Observation> _observations;
    private readonly RecordEncoder<QuarantinedRecord> _quarantine;
    private readonly RecordEncoder<Gap> _gaps;
    private readonly RecordEncoder<ConnectorProgress> _progressEncoder;
    private readonly ConnectorProgress _progress;
    private readonly ArrayBufferWriter<byte> _position = new();
    private readonly Dictionary<string, byte[]> _keys = new(StringComparer.Ordinal);
    private readonly byte[] _progressKey;

    private BatchWriter(
        ConnectorIdentity identity, QuarantineRecords quarantineRecords, TimeProvider clock,
        ConnectorProgress progress, RecordEncoder<Observation> observations, RecordEncoder<QuarantinedRecord> quarantine,
        RecordEncoder<Gap> gaps, RecordEncoder<ConnectorProgress> progressEncoder)
    {
        _identity = identity;
        _quarantineRecords = quarantineRecords;
        _clock = clock;
        _progress = progress;
        _observations = observations;
        _quarantine = quarantine;
        _gaps = gaps;
        _progressEncoder = progressEncoder;
        _progressKey = ProgressReader.KeyOf(identity);
    }

    /// <summary>Epoch and next sequence per device, as of the last numbered batch.</summary>
    public ConnectorProgress Progress => _progress;

    public static async Task<BatchWriter> OpenAsync(
        ConnectorIdentity identity, ConnectorProgress progress, ISchemaRegistry registry,
        QuarantineRecords quarantineRecords, TimeProvider clock, CancellationToken cancellationToken) => new(
            identity, quarantineRecords, clock, progress,
            await RecordEncoder<Observation>.OpenAsync(registry, identity.RawTopic, cancellationToken).ConfigureAwait(false),
            await RecordEncoder<QuarantinedRecord>.OpenAsync(registry, identity.QuarantineTopic, cancellationToken)
                .ConfigureAwait(false),
            await RecordEncoder<Gap>.OpenAsync(registry, identity.GapsTopic, cancellationToken).ConfigureAwait(false),
            await RecordEncoder<ConnectorProgress>.OpenAsync(registry, identity.ProgressTopic, cancellationToken)
                .ConfigureAwait(false));

    /// <summary>Gives every observation its place in its device's sequence. Once per batch.</summary>
    public void Number(SourceBatch batch, ISource source)
    {
        foreach (Observation observation in batch.Observations)
        {
            _progress.NextSequence.TryGetValue(observation.Device, out long next);
            observation.Node = _identity.Node;
            observation.Source = _identity.Name;
            observation.Epoch = _progress.Epoch;
            observation.Sequence = next;
            _progress.NextSequence[observation.Device] = next + 1;
        }

        _position.ResetWrittenCount();
        source.WritePosition(_position);
        _progress.SourcePosition = _position.WrittenSpan.ToArray();
        _progress.WrittenAtMicros = NowMicros();
    }

    /// <summary>Produces the numbered batch and the progress that goes with it.</summary>
    public void Produce(SourceBatch batch, ITransactionalProducer producer)
    {
        foreach (Observation observation in batch.Observations)
        {
            ReadOnlySpan<byte> value = _observations.Encode(observation);
            if (value.Length > QuarantineRecords.PayloadBytesMax)
            {
                ProduceQuarantined(producer, new Rejection(
                    "OBSERVATION_TOO_LARGE", $"The encoded observation has {value.Length} bytes, a topic takes {QuarantineRecords.PayloadBytesMax}",
                    observation.Device, "", value.ToArray()));
                continue;
            }

            producer.Produce(
                _identity.RawTopic, null, KeyOf(observation.Device), hasKey: true, value, hasValue: true,
                observation.ReceivedAtMicros / 1000);
        }

        foreach (Rejection rejection in batch.Rejections)
        {
            ProduceQuarantined(producer, rejection);
        }

        foreach (SourceGap gap in batch.Gaps)
        {
            ProduceGap(producer, gap);
        }

        producer.Produce(
            _identity.ProgressTopic, null, _progressKey, hasKey: true, _progressEncoder.Encode(_progress), hasValue: true);
    }

    public void Dispose()
    {
        _observations.Dispose();
        _quarantine.Dispose();
        _gaps.Dispose();
        _progressEncoder.Dispose();
    }

    private void ProduceQuarantined(ITransactionalProducer producer, Rejection rejection)
    {
        QuarantinedRecord record = _quarantineRecords.Create(
            _identity.Component, rejection.Rule, rejection.Reason, Encoding.UTF8.GetBytes(rejection.Origin), rejection.Payload);
        record.Source = _identity.Name;
        record.Device = rejection.Device;
        producer.Produce(
            _identity.QuarantineTopic, null, KeyOf(rejection.Device ?? ""), hasKey: true, _quarantine.Encode(record),
            hasValue: true);
    }

    private void ProduceGap(ITransactionalProducer producer, SourceGap gap)
    {
        var record = new Gap
        {
            Node = _identity.Node, Component = _identity.Component, Source = _identity.Name, Kind = gap.Kind,
            FromMicros = Micros(gap.From), ToMicros = Micros(gap.To), Detail = gap.Detail, RecordedAtMicros = NowMicros(),
        };
        producer.Produce(
            _identity.GapsTopic, null, KeyOf(""), hasKey: true, _gaps.Encode(record), hasValue: true);
    }

    private byte[] KeyOf(string device)
    {
        if (!_keys.TryGetValue(device, out byte[]? key))
        {
            key = Encoding.UTF8.GetBytes(RecordKey.Join(_identity.Name, device));
            _keys[device] = key;
        }

        return key;
    }

    private long NowMicros() => Micros(_clock.GetUtcNow())!.Value;

    private static long? Micros(DateTimeOffset? instant) =>
        instant is { } at ? (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond : null;
}

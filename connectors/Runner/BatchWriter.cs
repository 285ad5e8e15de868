using System.Buffers;
using System.Text;
using Fabric.Avro;
using Fabric.Avro.Registry;
using Fabric.Core;
using Fabric.Governance.Quarantine;
using Fabric.Kafka;
using Fabric.Kafka.Clients;
using Fabric.Schemas;
using Microsoft.Extensions.Logging;

namespace Fabric.Connectors.Runner;

/// <summary>
/// Numbers the observations of a batch and produces batch, quarantined messages, gaps and progress into the open
/// transaction. Numbering and producing are apart, so that an aborted batch is produced again under the same numbers. A record
/// that is too large for its topic keeps its number and goes to quarantine.
/// </summary>
/// <remarks>Owned by one runner.</remarks>
internal sealed class BatchWriter : IDisposable
{
    private const long NoSequence = -1;

    private readonly ConnectorIdentity _identity;
    private readonly QuarantineRecords _quarantineRecords;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly RecordEncoder<Observation> _observations;
    private readonly RecordEncoder<QuarantinedRecord> _quarantine;
    private readonly RecordEncoder<Gap> _gaps;
    private readonly RecordEncoder<ConnectorProgress> _progressEncoder;
    private readonly ConnectorProgress _progress;
    private readonly ConnectorProgress _deviceProgress;
    private readonly DeviceSequences _sequences;
    private readonly ArrayBufferWriter<byte> _position = new();
    private readonly Dictionary<string, byte[]> _keys = new(StringComparer.Ordinal);
    private readonly HashSet<object> _setAside = new(ReferenceEqualityComparer.Instance);
    private readonly byte[] _progressKey;

    private BatchWriter(
        ConnectorIdentity identity, QuarantineRecords quarantineRecords, TimeProvider clock, ILogger log,
        StoredProgress stored, RecordEncoder<Observation> observations, RecordEncoder<QuarantinedRecord> quarantine,
        RecordEncoder<Gap> gaps, RecordEncoder<ConnectorProgress> progressEncoder)
    {
        _identity = identity;
        _quarantineRecords = quarantineRecords;
        _clock = clock;
        _log = log;
        _progress = stored.Connector;
        _sequences = stored.Devices;
        _deviceProgress = new ConnectorProgress { Node = identity.Node, Connector = identity.Name, Epoch = _progress.Epoch };
        _observations = observations;
        _quarantine = quarantine;
        _gaps = gaps;
        _progressEncoder = progressEncoder;
        _progressKey = ProgressReader.KeyOf(identity);
    }

    public static async Task<BatchWriter> OpenAsync(
        ConnectorIdentity identity, StoredProgress stored, ISchemaRegistry registry,
        QuarantineRecords quarantineRecords, TimeProvider clock, ILogger log, CancellationToken cancellationToken) => new(
            identity, quarantineRecords, clock, log, stored,
            await RecordEncoder<Observation>.OpenAsync(registry, identity.RawTopic, cancellationToken).ConfigureAwait(false),
            await RecordEncoder<QuarantinedRecord>.OpenAsync(registry, identity.QuarantineTopic, cancellationToken)
                .ConfigureAwait(false),
            await RecordEncoder<Gap>.OpenAsync(registry, identity.GapsTopic, cancellationToken).ConfigureAwait(false),
            await RecordEncoder<ConnectorProgress>.OpenAsync(registry, identity.ProgressTopic, cancellationToken)
                .ConfigureAwait(false));

    /// <summary>Whether a record was refused for its size: by the client, or by the topic (<c>max.message.bytes</c>).</summary>
    public static bool IsTooLarge(KafkaException exception) => exception.Code is "MSG_SIZE_TOO_LARGE" or "RECORD_LIST_TOO_LARGE";

    /// <summary>Gives every observation its place in its device's sequence. Once per batch.</summary>
    public void Number(SourceBatch batch, ISource source)
    {
        _setAside.Clear();
        foreach (Observation observation in batch.Observations)
        {
            observation.Node = _identity.Node;
            observation.Source = _identity.Name;
            observation.Epoch = _progress.Epoch;
            observation.Sequence = _sequences.TryTake(observation.Device, out long next) ? next : NoSequence;
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
            ProduceObservation(producer, observation);
        }

        foreach (Rejection rejection in batch.Rejections)
        {
            ProduceQuarantined(producer, rejection, inRecord: !_setAside.Contains(rejection));
        }

        foreach (SourceGap gap in batch.Gaps)
        {
            ProduceGap(producer, gap);
        }

        ProduceProgress(producer);
    }

    /// <summary>What was produced last is committed.</summary>
    public void MarkCommitted() => _sequences.MarkWritten();

    /// <summary>
    /// A topic refused the transaction for the size of a record and does not say which: the largest that is left goes to
    /// quarantine with the next <see cref="Produce"/>. False when what is left is so small that no size can be the reason.
    /// </summary>
    public bool SetLargestAside(SourceBatch batch)
    {
        const int suspectBytesMin = 16 * 1024;
        (object? largest, int bytes) = (null, suspectBytesMin - 1);
        foreach (Observation observation in batch.Observations)
        {
            int size = _setAside.Contains(observation) ? 0 : _observations.Encode(observation).Length;
            (largest, bytes) = size > bytes ? (observation, size) : (largest, bytes);
        }

        foreach (Rejection rejection in batch.Rejections)
        {
            int size = _setAside.Contains(rejection) ? 0 : rejection.Payload.Length;
            (largest, bytes) = size > bytes ? (rejection, size) : (largest, bytes);
        }

        if (largest is null)
        {
            return false;
        }

        ConnectorLog.SetAside(_log, bytes);
        return _setAside.Add(largest);
    }

    public void Dispose()
    {
        _observations.Dispose();
        _quarantine.Dispose();
        _gaps.Dispose();
        _progressEncoder.Dispose();
    }

    private void ProduceObservation(ITransactionalProducer producer, Observation observation)
    {
        ReadOnlySpan<byte> value = _observations.Encode(observation);
        bool isRefused = _setAside.Contains(observation);
        if (observation.Sequence == NoSequence)
        {
            var excess = new Rejection(
                "TOO_MANY_DEVICES", $"The connector has {DeviceSequences.DevicesMax} devices, and this is another one", null,
                observation.Device, value.ToArray());
            ProduceQuarantined(producer, excess, inRecord: !isRefused);
            return;
        }

        if (!isRefused && value.Length <= QuarantineRecords.PayloadBytesMax)
        {
            try
            {
                producer.Produce(
                    _identity.RawTopic, null, KeyOf(observation.Device), hasKey: true, value, hasValue: true,
                    observation.ReceivedAtMicros / 1000);
                return;
            }
            catch (KafkaException exception) when (IsTooLarge(exception) && !exception.IsAbortable)
            {
                ConnectorLog.SetAside(_log, value.Length);
                isRefused = true;
            }
        }

        var rejection = new Rejection(
            "OBSERVATION_TOO_LARGE", $"The encoded observation has {value.Length} bytes, which is more than the topic takes",
            observation.Device, "", value.ToArray());
        ProduceQuarantined(producer, rejection, inRecord: !isRefused);
    }

    /// <param name="inRecord">False: what did not fit a topic would not fit that of the quarantine; its bytes go to a file.</param>
    private void ProduceQuarantined(ITransactionalProducer producer, Rejection rejection, bool inRecord)
    {
        QuarantinedRecord record = _quarantineRecords.Create(
            _identity.Component, rejection.Rule, rejection.Reason, Encoding.UTF8.GetBytes(rejection.Origin), rejection.Payload,
            inRecord ? QuarantineRecords.PayloadBytesMax : 0);
        record.Source = _identity.Name;
        record.Device = rejection.Device;
        try
        {
            producer.Produce(
                _identity.QuarantineTopic, null, KeyOf(rejection.Device ?? ""), hasKey: true, _quarantine.Encode(record),
                hasValue: true);
        }
        catch (KafkaException exception) when (inRecord && IsTooLarge(exception) && !exception.IsAbortable)
        {
            ProduceQuarantined(producer, rejection, inRecord: false);
        }
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

    private void ProduceProgress(ITransactionalProducer producer)
    {
        _deviceProgress.WrittenAtMicros = _progress.WrittenAtMicros;
        foreach ((string device, long next) in _sequences.Unwritten)
        {
            _deviceProgress.NextSequence.Clear();
            _deviceProgress.NextSequence.Add(device, next);
            producer.Produce(
                _identity.ProgressTopic, null, ProgressReader.KeyOf(_identity, device), hasKey: true,
                _progressEncoder.Encode(_deviceProgress), hasValue: true);
        }

        producer.Produce(
            _identity.ProgressTopic, null, _progressKey, hasKey: true, _progressEncoder.Encode(_progress), hasValue: true);
    }

    private byte[] KeyOf(string device)
    {
        if (!_keys.TryGetValue(device, out byte[]? key))
        {
            if (_keys.Count >= DeviceSequences.DevicesMax)
            {
                _keys.Clear(); // rejected messages name devices too, as many as they like
            }

            key = Encoding.UTF8.GetBytes(RecordKey.Join(_identity.Name, device));
            _keys[device] = key;
        }

        return key;
    }

    private long NowMicros() => Micros(_clock.GetUtcNow())!.Value;

    private static long? Micros(DateTimeOffset? instant) =>
        instant is { } at ? (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond : null;
}

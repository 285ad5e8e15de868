using Fabric.Avro;
using Fabric.Connectors.Runner;
using Fabric.Core;
using Fabric.Governance.Privacy;
using Fabric.Governance.Quarantine;
using Fabric.Kafka.Clients;
using Fabric.Schemas;
using Fabric.Testing;

namespace Fabric.Connectors.Tests.Runner;

/// <summary>A fabric in memory around one connector: its topics, and what stands on them.</summary>
internal sealed class ConnectorWorld : IDisposable
{
    public static readonly ConnectorIdentity Identity = new("f", "node", "line");

    private readonly TempFolder _folder = new();

    public ConnectorWorld()
    {
        foreach (string topic in new[] { Identity.RawTopic, Identity.QuarantineTopic, Identity.GapsTopic, Identity.ProgressTopic })
        {
            Kafka.Create(topic, 1);
        }

        Clients = Kafka;
        Status = new StatusLog(Signal);
        Records = new QuarantineRecords("node", null, new QuarantineSpill(_folder["data"]), TimeProvider.System);
    }

    public MemoryKafka Kafka { get; } = new();

    /// <summary>What the connector stands on: <see cref="Kafka"/>, unless a test has a broker.</summary>
    public IKafkaClients Clients { get; set; }

    public MemoryRegistry Registry { get; } = new();

    public Signal Signal { get; } = new();

    public StatusLog Status { get; }

    public CollectedLogs Logs { get; } = new();

    public QuarantineRecords Records { get; set; }

    public ISubjectTokens? Tokens { get; set; }

    /// <summary>Pauses before a new session last no time.</summary>
    public TimeProvider Clock { get; set; } = new ImpatientTimeProvider();

    public string DataFolder => _folder["data"];

    public string BrokerFolder => _folder["broker"];

    public ConnectorServices Services => new(Clients, Registry, Tokens, Records, Status, Clock, new Random(1), Logs);

    public RunningConnector Start(ScriptedDevice device, ConnectorIdentity? identity = null) =>
        new(new ConnectorRunner(identity ?? Identity, device.Open, Services));

    /// <summary>A message of one sample: point <c>n</c> of a device.</summary>
    public static Action<SourceBatch> Message(string device, SampleValue value) => batch => Fill(batch, device, value);

    public static Observation Fill(SourceBatch batch, string device, SampleValue value)
    {
        Observation observation = batch.Observations.Add();
        observation.Samples.Clear();
        observation.Attributes.Clear();
        observation.Device = device;
        observation.ReceivedAtMicros = 1_772_600_767_891_011;
        observation.Delivery = Delivery.Live;
        Sample sample = observation.Samples.Add();
        (sample.Point, sample.Value, sample.Type, sample.Quality) = ("n", value, "t", Quality.Good);
        return observation;
    }

    /// <summary>Every record of a topic, as bytes.</summary>
    public List<ConsumedRecord> Read(string topic)
    {
        var records = new List<ConsumedRecord>();
        TopicScan.ReadToEnd(Clients, topic, 1, records.Add, TimeProvider.System, default);
        return records;
    }

    public List<T> Read<T>(string topic)
        where T : class, IAvroRecord<T>, new() =>
        Read(topic).ConvertAll(record =>
        {
            Assert.Equal(FramingResult.Ok, ConfluentFraming.TryRead(record.Value, out _, out ReadOnlySpan<byte> body));
            var reader = new AvroReader(body);
            var read = new T();
            read.ReadFrom(ref reader);
            return read;
        });

    public List<Observation> Raw() => Read<Observation>(Identity.RawTopic);

    public List<QuarantinedRecord> Quarantine() => Read<QuarantinedRecord>(Identity.QuarantineTopic);

    /// <summary>The connector's own record: the last of each transaction.</summary>
    public ConnectorProgress Progress() => Read<ConnectorProgress>(Identity.ProgressTopic)[^1];

    /// <summary>What the progress topic says of a device.</summary>
    public long NextSequence(string device) =>
        Read<ConnectorProgress>(Identity.ProgressTopic).Last(progress => progress.NextSequence.ContainsKey(device)).NextSequence[device];

    /// <summary>Each device's numbers run from 0 without a hole, in one epoch; numbers whose records are in quarantine are left out.</summary>
    public void AssertSequences(params long[] quarantined)
    {
        foreach (IGrouping<string, Observation> device in Raw().GroupBy(observation => observation.Device))
        {
            Assert.Single(device.Select(observation => observation.Epoch).Distinct());
            Assert.Equal(
                Enumerable.Range(0, device.Count() + quarantined.Length).Select(n => (long)n).Except(quarantined),
                device.Select(observation => observation.Sequence));
        }
    }

    public void Dispose() => _folder.Dispose();
}

/// <summary>A runner at work.</summary>
internal sealed class RunningConnector : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();

    public RunningConnector(ConnectorRunner runner) => Running = Task.Run(() => runner.RunAsync(_stop.Token));

    /// <summary>Ends when the runner does.</summary>
    public Task Running { get; }

    /// <summary>Asks it to stop and returns at once.</summary>
    public Task CancelAsync() => _stop.CancelAsync();

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Running.WaitAsync(Signal.Bound);
    }

    /// <summary>Safe to call twice.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!Running.IsCompleted)
        {
            await _stop.CancelAsync();
        }

        await Running.WaitAsync(Signal.Bound).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }
}

using System.Text;
using Fabric.Avro;
using Fabric.Avro.Registry;
using Fabric.Core;
using Fabric.Core.Storage;
using Fabric.Delta;
using Fabric.Delta.Checkpoints;
using Fabric.Delta.Reading;
using Fabric.DuckDb;
using Fabric.Governance.Quarantine;
using Fabric.Kafka.Clients;
using Fabric.Lakehouse.Sink;
using Fabric.Lakehouse.Tables;
using Fabric.Testing;

namespace Fabric.Lakehouse.Tests.World;

/// <summary>A fabric of its own on the shared broker: topics, schemas, a lake, and sinks under any node's name.</summary>
internal sealed class SinkWorld : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = new();
    private readonly LocalObjectStore _lake;
    private ITransactionalProducer? _producer;

    public SinkWorld(BrokerFixture broker)
        : this(broker.Clients(), broker.NextFabric())
    {
    }

    public SinkWorld(IKafkaClients kafka, string fabric)
    {
        Fabric = fabric;
        Kafka = kafka;
        Database = DuckDbDatabase.Open();
        Delta = new DeltaEnvironment(TimeProvider.System, new Random(1), Ids, new DuckDbCheckpointFiles(Database));
        _lake = new LocalObjectStore(_folder["lake"], Ids);
        Store = new WatchedStore(_lake, Signal);
        Status = new StatusLog(Signal);
    }

    public static IIdSource Ids { get; } = new SystemIdSource(TimeProvider.System);

    public string Fabric { get; }

    public IKafkaClients Kafka { get; }

    public Signal Signal { get; } = new();

    public WatchedStore Store { get; }

    public StatusLog Status { get; }

    public CollectedLogs Logs { get; } = new();

    public MemoryRegistry Registry { get; } = new();

    public Freshness Freshness { get; } = new();

    public DuckDbDatabase Database { get; }

    public DeltaEnvironment Delta { get; }

    public string LakeFolder => _lake.Root;

    public string Topic(string name) => $"{Fabric}.{name}";

    public static FlushPolicy Flush(long rows = 1_000_000, long bytes = 128 << 20, double seconds = 0.2) =>
        new(rows, bytes, TimeSpan.FromSeconds(seconds));

    public TableDefinition Table(string name, FlushPolicy? flush = null) => StandardTables.Create(name, Fabric, flush ?? Flush());

    public async Task CreateTopicsAsync(int partitions, params string[] names)
    {
        using IKafkaAdmin admin = Kafka.OpenAdmin();
        await admin.EnsureTopicsAsync(
            [.. names.Select(name => Spec(name, partitions)),
             .. new[] { "quarantine", "gaps", "lineage" }.Except(names).Select(name => Spec(name, 1))],
            default);
    }

    public SinkServices Services(
        string node = "n1", IObjectStore? store = null, TimeProvider? clock = null, IKafkaClients? kafka = null) =>
        new(
            Fabric, node, "kafka://test:9092", kafka ?? Kafka, Registry, store ?? Store, Delta, Database,
            new QuarantineRecords(node, null, new QuarantineSpill(_folder["data"]), TimeProvider.System), Status, Freshness, Ids,
            clock ?? TimeProvider.System, Logs);

    public RunningSink Start(TableDefinition table, SinkServices? services = null) =>
        new(new TableSink(table, services ?? Services()) { RetryAfterMin = TimeSpan.FromMilliseconds(1) });

    /// <summary>A framed record of a generated type.</summary>
    public byte[] Encode<T>(string topic, T record)
        where T : class, IAvroRecord<T>, new()
    {
        using RecordEncoder<T> encoder = RecordEncoder<T>.OpenAsync(Registry, Topic(topic), default).AsTask().GetAwaiter().GetResult();
        return encoder.Encode(record).ToArray();
    }

    /// <summary>Writes values to one partition in one transaction; null is a tombstone.</summary>
    public void Write(string topic, int partition, params IEnumerable<byte[]?> values)
    {
        if (_producer is null)
        {
            _producer = Kafka.OpenProducer($"{Fabric}-test-writer");
            _producer.InitTransactions(Timeout);
        }

        _producer.Begin();
        foreach (byte[]? value in values)
        {
            _producer.Produce(Topic(topic), partition, Encoding.UTF8.GetBytes("k"), true, value, value is not null);
        }

        _producer.Commit(Timeout);
    }

    /// <summary>All records of a topic.</summary>
    public List<ConsumedRecord> ReadTopic(string topic, int partitions = 1)
    {
        var records = new List<ConsumedRecord>();
        TopicScan.ReadToEnd(Kafka, Topic(topic), partitions, records.Add, TimeProvider.System, default);
        return records;
    }

    public List<T> ReadTopic<T>(string topic)
        where T : class, IAvroRecord<T>, new() =>
        ReadTopic(topic).ConvertAll(record =>
        {
            Assert.Equal(FramingResult.Ok, ConfluentFraming.TryRead(record.Value, out _, out ReadOnlySpan<byte> body));
            var reader = new AvroReader(body);
            var read = new T();
            read.ReadFrom(ref reader);
            return read;
        });

    public DeltaTable Open(string table) => new(_lake, table, Delta);

    public async Task<Snapshot?> LoadAsync(string table) =>
        await Open(table).ExistsAsync(default) ? await Open(table).LoadAsync(default) : null;

    /// <summary>How far a table has come in a partition of a topic.</summary>
    public async Task<long?> ReachedAsync(string table, int partition, string? folder = null, string? topic = null) =>
        (await LoadAsync(folder ?? table))?.TxnVersion($"{Fabric}/{table}/{Topic(topic ?? table)}/{partition}");

    public Task WaitForOffsetAsync(string table, long offset, int partition = 0, string? folder = null, string? topic = null) =>
        Signal.WaitUntilAsync(
            async () => await ReachedAsync(table, partition, folder, topic) >= offset,
            () => $"{folder ?? table} did not reach {offset} of partition {partition}\n{Logs.Text}");

    /// <summary>Rows of a query over tables, each a view of its name.</summary>
    public async Task<List<object?[]>> QueryAsync(string sql, params string[] tables)
    {
        using DuckDbConnection connection = Database.Connect();
        foreach (string table in tables)
        {
            DeltaSql.RegisterView(connection, table, Open(table), await Open(table).LoadAsync(default));
        }

        using DuckDbResult result = connection.Query(sql);
        return [.. result.Rows()];
    }

    public async Task<object?> ScalarAsync(string sql, params string[] tables) => (await QueryAsync(sql, tables))[0][0];

    /// <summary>Data files on disk that are in no version of the table.</summary>
    public async Task<string[]> OrphansAsync(string table)
    {
        Snapshot snapshot = await Open(table).LoadAsync(default);
        var known = snapshot.Files.Select(snapshot.RelativePath).ToHashSet();
        string root = Path.Combine(LakeFolder, table);
        return [.. Directory.EnumerateFiles(root, "*.parquet", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(root, path)).Where(path => !path.StartsWith('_') && !known.Contains(path))];
    }

    public void Dispose()
    {
        _producer?.Dispose();
        Database.Dispose();
        _folder.Dispose();
    }

    private TopicSpec Spec(string name, int partitions) => new(Topic(name), partitions, 1, new Dictionary<string, string>());
}

/// <summary>A sink at work.</summary>
internal sealed class RunningSink(TableSink sink) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task? _running;

    /// <summary>Ends when the sink does.</summary>
    public Task Running => _running ??= sink.RunAsync(_stop.Token);

    public RunningSink Go()
    {
        _ = Running;
        return this;
    }

    /// <summary>Stops it in order.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Running.WaitAsync(Signal.Bound);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Running.WaitAsync(Signal.Bound).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }
}

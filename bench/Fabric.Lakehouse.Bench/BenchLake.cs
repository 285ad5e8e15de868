using Fabric.Avro;
using Fabric.Avro.Registry;
using Fabric.Core;
using Fabric.Core.Health;
using Fabric.Core.Storage;
using Fabric.Delta;
using Fabric.Delta.Checkpoints;
using Fabric.DuckDb;
using Fabric.Governance.Quarantine;
using Fabric.Kafka.Clients;
using Fabric.Lakehouse.Sink;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Lakehouse.Bench;

/// <summary>A lake in a folder of its own, and what a sink needs around it.</summary>
internal sealed class BenchLake : IDisposable
{
    public const string Fabric = "bench";

    private static readonly IIdSource Ids = new SystemIdSource(TimeProvider.System);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fabric-bench-lake-");

    public BenchLake()
    {
        Database = DuckDbDatabase.Open();
        Delta = new DeltaEnvironment(TimeProvider.System, new Random(1), Ids, new DuckDbCheckpointFiles(Database));
        Store = new LocalObjectStore(_folder.FullName, Ids);
    }

    public string Folder => _folder.FullName;

    public LocalObjectStore Store { get; }

    public DuckDbDatabase Database { get; }

    public DeltaEnvironment Delta { get; }

    public DeltaTable Table(string name) => new(Store, name, Delta);

    public SinkServices Services(IKafkaClients kafka, ISchemaRegistry registry) => new(
        Fabric, "n1", "kafka://bench", kafka, registry, Store, Delta, Database,
        new QuarantineRecords("n1", null, new QuarantineSpill(Folder), TimeProvider.System), new Silent(), new Freshness(), Ids,
        TimeProvider.System, NullLoggerFactory.Instance);

    public void Dispose()
    {
        Database.Dispose();
        _folder.Delete(recursive: true);
    }

    private sealed class Silent : IStatusReporter
    {
        public void Report(string component, HealthState state, string cause = "", string nextAction = "")
        {
        }
    }
}

/// <summary>Schemas in memory: the registry is no part of what is measured.</summary>
internal sealed class BenchRegistry : ISchemaRegistry
{
    private readonly List<Schema> _schemas = [];

    public ValueTask<int> RegisterAsync(string subject, Schema schema, CancellationToken cancellationToken)
    {
        lock (_schemas)
        {
            int known = _schemas.IndexOf(schema);
            if (known < 0)
            {
                known = _schemas.Count;
                _schemas.Add(schema);
            }

            return ValueTask.FromResult(known + 1);
        }
    }

    public ValueTask<Schema> GetAsync(int id, CancellationToken cancellationToken)
    {
        lock (_schemas)
        {
            return ValueTask.FromResult(_schemas[id - 1]);
        }
    }
}

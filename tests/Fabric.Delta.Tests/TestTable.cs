using Fabric.Core;
using Fabric.Core.Storage;
using Fabric.Delta.Actions;
using Fabric.Delta.Checkpoints;
using Fabric.Delta.Commits;
using Fabric.Delta.Schema;
using Fabric.DuckDb;
using Fabric.Testing;

namespace Fabric.Delta.Tests;

/// <summary>A table in a folder of its own, with everything real but the randomness.</summary>
internal sealed class TestTable : IDisposable
{
    private readonly TempFolder _folder = new();

    public TestTable(int seed = 1, IObjectStore? store = null)
    {
        Database = DuckDbDatabase.Open();
        Environment = Doors(Database, seed);
        Store = store ?? new LocalObjectStore(_folder["lake"], Environment.Ids);
        Table = new DeltaTable(Store, "t", Environment);
    }

    public static StructType Schema { get; } = new(
    [
        new StructField("id", PrimitiveType.Long),
        new StructField("name", PrimitiveType.String),
    ]);

    public DuckDbDatabase Database { get; }

    public DeltaEnvironment Environment { get; }

    public IObjectStore Store { get; }

    public DeltaTable Table { get; }

    public string LogPath(string name) => Path.Combine(Store.Root, "t", "_delta_log", name);

    public static DeltaEnvironment Doors(DuckDbDatabase database, int seed) => new(
        TimeProvider.System, new Random(seed), new SystemIdSource(TimeProvider.System), new DuckDbCheckpointFiles(database));

    public async Task<Snapshot> CreateAsync(IReadOnlyDictionary<string, string?>? properties = null) =>
        (await Table.CreateAsync(new NewTable(Schema, [], Configuration: properties), default)).Snapshot;

    /// <summary>An add of a file that is not there: for tests of the log alone.</summary>
    public static AddAction Add(string path, string? stats = null) =>
        new(path, new Dictionary<string, string?>(), 100, 1_700_000_000_000, true, stats);

    public static CommitOutcome.Committed Committed(CommitOutcome outcome)
    {
        var committed = Assert.IsType<CommitOutcome.Committed>(outcome);
        Assert.Null(committed.CheckpointFailure);
        return committed;
    }

    public void Dispose()
    {
        Database.Dispose();
        _folder.Dispose();
    }
}

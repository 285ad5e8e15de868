using Fabric.Core.Storage;
using Fabric.Delta;
using Fabric.Delta.Reading;
using Fabric.DuckDb;

namespace Fabric.Lakehouse.Sql;

/// <summary>
/// SQL over the tables of a lake, each as a view of its name, at their latest version or as of a moment. Confined to the
/// lake's folder: no other file can be read or written, and the confinement cannot be lifted by SQL.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class LakeSql : IDisposable
{
    private readonly DuckDbDatabase _database;

    private LakeSql(DuckDbDatabase database, DuckDbConnection connection, IReadOnlyList<string> tables)
    {
        _database = database;
        Connection = connection;
        Tables = tables;
    }

    /// <summary>The connection that has the views.</summary>
    public DuckDbConnection Connection { get; }

    /// <summary>Names of the tables found, in order.</summary>
    public IReadOnlyList<string> Tables { get; }

    /// <summary>Opens all tables below a folder.</summary>
    /// <param name="asOf">The tables as they were then; those that came into being later are left out. Null: as they are.</param>
    /// <param name="alsoReadable">Further folders that SQL may read, e.g. of a ledger to compare with.</param>
    /// <exception cref="Core.FabricException">A table cannot be read.</exception>
    public static async Task<LakeSql> OpenAsync(
        string lakeFolder, DeltaEnvironment environment, DateTimeOffset? asOf, IReadOnlyList<string> alsoReadable,
        CancellationToken cancellationToken)
    {
        string root = Path.GetFullPath(lakeFolder);
        DuckDbDatabase database = DuckDbDatabase.Open(new DuckDbOptions
        {
            ConfinedTo = [root, .. alsoReadable], LockConfiguration = false, Threads = Environment.ProcessorCount,
        });
        try
        {
            DuckDbConnection connection = database.Connect();
            var tables = new List<string>();
            if (Directory.Exists(root))
            {
                var store = new LocalObjectStore(root, environment.Ids);
                foreach (string folder in Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal))
                {
                    string name = Path.GetFileName(folder);
                    var table = new DeltaTable(store, name, environment);
                    if (await table.ExistsAsync(cancellationToken).ConfigureAwait(false)
                        && await LoadAsync(table, asOf, cancellationToken).ConfigureAwait(false) is { } snapshot)
                    {
                        DeltaSql.RegisterView(connection, name, table, snapshot);
                        tables.Add(name);
                    }
                }
            }

            connection.Execute("SET lock_configuration = true");
            return new LakeSql(database, connection, tables);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Connection.Dispose();
        _database.Dispose();
    }

    private static async Task<Snapshot?> LoadAsync(
        DeltaTable table, DateTimeOffset? asOf, CancellationToken cancellationToken)
    {
        if (asOf is not { } moment)
        {
            return await table.LoadAsync(cancellationToken).ConfigureAwait(false);
        }

        try
        {
            return await table.LoadAsOfAsync(moment, cancellationToken).ConfigureAwait(false);
        }
        catch (DeltaException exception) when (exception.Code == DeltaCode.VersionNotFound)
        {
            return null;
        }
    }
}

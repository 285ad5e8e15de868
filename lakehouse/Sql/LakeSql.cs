using System.Text.RegularExpressions;
using Fabric.Core;
using Fabric.Core.Options;
using Fabric.Core.Storage;
using Fabric.Delta;
using Fabric.Delta.Reading;
using Fabric.DuckDb;

namespace Fabric.Lakehouse.Sql;

/// <summary>
/// SQL over the tables of a lake, each as a view of its name, at their latest version or as of a moment. Confined to the
/// lake's folder: no other file can be read or written, and the confinement cannot be lifted by SQL. Inside the lake, files can be
/// written through <see cref="Connection"/>; what a person asks goes through <see cref="Select"/>, which only reads.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
public sealed partial class LakeSql : IDisposable
{
    private readonly DuckDbDatabase _database;

    private LakeSql(
        DuckDbDatabase database, DuckDbConnection connection, IReadOnlyList<string> tables,
        IReadOnlyDictionary<string, FabricException> unreadable)
    {
        _database = database;
        Connection = connection;
        Tables = tables;
        Unreadable = unreadable;
    }

    /// <summary>The connection that has the views, for statements of the program's own.</summary>
    public DuckDbConnection Connection { get; }

    /// <summary>Names of the tables found, in order.</summary>
    public IReadOnlyList<string> Tables { get; }

    /// <summary>Tables that are there and cannot be read, with the reason: they do not keep the others from being asked.</summary>
    public IReadOnlyDictionary<string, FabricException> Unreadable { get; }

    /// <summary>Runs one SELECT (also VALUES, WITH, DESCRIBE, SUMMARIZE) of somebody who may read and nothing else.</summary>
    /// <returns>A result the caller disposes before the next call.</returns>
    /// <exception cref="DuckDbException">
    /// <see cref="DuckDbErrorCodes.Forbidden"/>: another statement, several, or a file outside; else what DuckDB found wrong.
    /// </exception>
    /// <exception cref="LakehouseException"><c>TABLE_UNKNOWN</c>: it names a table that is not there.</exception>
    /// <exception cref="OperationCanceledException">The token ended the query.</exception>
    public DuckDbResult Select(string sql, CancellationToken cancellationToken = default)
    {
        try
        {
            using DuckDbStatement statement = Connection.PrepareSelect(sql);
            return statement.Query(cancellationToken);
        }
        catch (DuckDbException exception) when (UnknownTable().Match(exception.Message) is { Success: true } unknown)
        {
            // DuckDB proposes whatever is close, also tables of its own.
            throw new LakehouseException(
                "TABLE_UNKNOWN",
                Tables.Count == 0
                    ? $"unknown table '{unknown.Groups[1].Value}'; there is no table yet"
                    : Suggestion.ForUnknown("table", unknown.Groups[1].Value, Tables),
                innerException: exception);
        }
    }

    /// <summary>Opens all tables below a folder.</summary>
    /// <param name="asOf">The tables as they were then; those that came into being later are left out. Null: as they are.</param>
    /// <param name="alsoReadable">Further folders that SQL may read, e.g. of a ledger to compare with.</param>
    /// <exception cref="FabricException">The folder cannot be listed, or DuckDB cannot be opened.</exception>
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
            var unreadable = new Dictionary<string, FabricException>(StringComparer.Ordinal);
            var store = Directory.Exists(root) ? new LocalObjectStore(root, environment.Ids) : null;
            string[] folders = store is null ? [] : [.. Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal)];
            foreach (string folder in folders)
            {
                string name = Path.GetFileName(folder);
                try
                {
                    var table = new DeltaTable(store!, name, environment);
                    if (await table.ExistsAsync(cancellationToken).ConfigureAwait(false)
                        && await LoadAsync(table, asOf, cancellationToken).ConfigureAwait(false) is { } snapshot)
                    {
                        DeltaSql.RegisterView(connection, name, table, snapshot);
                        tables.Add(name);
                    }
                }
                catch (FabricException exception) when (exception is DeltaException or DuckDbException or StorageException)
                {
                    unreadable[name] = exception;
                }
            }

            connection.Execute("SET lock_configuration = true");
            return new LakeSql(database, connection, tables, unreadable);
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

    [GeneratedRegex("Table with name (.+?) does not exist")]
    private static partial Regex UnknownTable();
}

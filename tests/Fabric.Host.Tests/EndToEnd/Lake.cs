using Fabric.Core;
using Fabric.Delta;
using Fabric.Delta.Checkpoints;
using Fabric.DuckDb;
using Fabric.Lakehouse.Sql;

namespace Fabric.Host.Tests.EndToEnd;

/// <summary>Reads a lake from outside, again and again.</summary>
internal static class Lake
{
    /// <summary>The first column of the first row.</summary>
    public static async Task<object?> ScalarAsync(string lakeFolder, string query, params string[] alsoReadable)
    {
        using DuckDbDatabase checkpoints = DuckDbDatabase.Open();
        using LakeSql lake = await OpenAsync(lakeFolder, checkpoints, alsoReadable);
        return lake.Connection.Scalar(query);
    }

    /// <summary>All rows of a query.</summary>
    public static async Task<IReadOnlyList<object?[]>> RowsOfAsync(string lakeFolder, string query)
    {
        using DuckDbDatabase checkpoints = DuckDbDatabase.Open();
        using LakeSql lake = await OpenAsync(lakeFolder, checkpoints, []);
        using DuckDbResult result = lake.Select(query);
        return [.. result.Rows().Select(row => row.ToArray())];
    }

    public static async Task<long> CountAsync(string lakeFolder, string query, params string[] alsoReadable) =>
        Convert.ToInt64(
            await ScalarAsync(lakeFolder, $"SELECT CAST(({query}) AS BIGINT)", alsoReadable),
            System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Rows of a table; 0 while it does not exist.</summary>
    public static async Task<long> RowsAsync(string lakeFolder, string table) =>
        Directory.Exists(Path.Combine(lakeFolder, table, "_delta_log"))
            ? await CountAsync(lakeFolder, $"SELECT count(*) FROM {table}")
            : 0;

    /// <summary>Waits until a table has that many rows; returns what it has at the end of the bound.</summary>
    public static async Task<long> WhenRowsAsync(string lakeFolder, string table, long rows, TimeSpan bound)
    {
        using var timeout = new CancellationTokenSource(bound);
        long found;
        while ((found = await RowsAsync(lakeFolder, table)) < rows && !timeout.IsCancellationRequested)
        {
            await Task.Delay(250);
        }

        return found;
    }

    private static Task<LakeSql> OpenAsync(string lakeFolder, DuckDbDatabase checkpoints, string[] alsoReadable) => LakeSql.OpenAsync(
        lakeFolder,
        new DeltaEnvironment(
            TimeProvider.System, new Random(), new SystemIdSource(TimeProvider.System), new DuckDbCheckpointFiles(checkpoints)),
        null, alsoReadable, CancellationToken.None);
}

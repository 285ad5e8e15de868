using System.CommandLine;
using System.Globalization;
using Fabric.Delta;
using Fabric.Delta.Checkpoints;
using Fabric.DuckDb;
using Fabric.Host.Configuration;
using Fabric.Host.Runtime;
using Fabric.Lakehouse.Sql;
using Microsoft.Extensions.Logging;

namespace Fabric.Host.Commands;

/// <summary><c>fabric sql</c>: SQL over the tables, confined to the lake.</summary>
internal static class SqlCommand
{
    public static Command Create()
    {
        Option<string> config = CommonOptions.Config();
        var query = new Argument<string>("QUERY") { Description = "One SELECT; tables go by their names" };
        var format = new Option<RowFormat>("--format")
        {
            Description = "How rows are printed", DefaultValueFactory = _ => RowFormat.Table,
        };
        var asOf = new Option<string?>("--as-of")
        {
            Description = "The tables as they were at this moment, e.g. 2026-01-31T12:00:00Z", HelpName = "TIME",
        };
        Option<bool> json = CommonOptions.Json();
        var command = new Command("sql", "Ask the tables in SQL") { query, config, format, json, asOf };
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.GetValue(config)!, parsed.GetValue(query)!, parsed.GetValue(json) ? RowFormat.Json : parsed.GetValue(format),
            parsed.GetValue(asOf), cancellation));
        return command;
    }

    /// <summary>The doors of a process that only reads tables.</summary>
    public static DeltaEnvironment ReadingEnvironment(DuckDbDatabase database)
    {
        RuntimeDoors doors = CommonOptions.Doors(LogLevel.Warning);
        return new DeltaEnvironment(doors.Clock, doors.Random, doors.Ids, new DuckDbCheckpointFiles(database));
    }

    private static async Task<int> RunAsync(
        string config, string query, RowFormat format, string? asOf, CancellationToken cancellation)
    {
        DateTimeOffset? moment = null;
        if (asOf is not null)
        {
            if (!DateTimeOffset.TryParse(
                asOf, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset parsed))
            {
                await Console.Error.WriteLineAsync($"fabric: --as-of: expected a time such as 2026-01-31T12:00:00Z, found '{asOf}'")
                    .ConfigureAwait(false);
                return ExitCode.WrongUsage;
            }

            moment = parsed;
        }

        FabricOptions options = CommonOptions.Load(config).Options;
        using DuckDbDatabase checkpoints = DuckDbDatabase.Open();
        using LakeSql lake = await LakeSql.OpenAsync(
            options.LakeFolder, ReadingEnvironment(checkpoints), moment, [], cancellation).ConfigureAwait(false);
        foreach ((string table, Exception reason) in lake.Unreadable)
        {
            await Console.Error.WriteLineAsync($"fabric: the table '{table}' is left out: {reason.Message}").ConfigureAwait(false);
        }

        using DuckDbResult result = lake.Select(query, cancellation);
        RowPrinter.Print(result, format, Console.Out);
        return ExitCode.Done;
    }
}

using System.CommandLine;
using Fabric.Core;
using Fabric.DuckDb;
using Fabric.Host.Configuration;
using Fabric.Lakehouse.Sql;
using Fabric.Twins;

namespace Fabric.Host.Commands;

/// <summary><c>fabric twin unmapped</c>: points that arrive and that nobody has bound to an asset.</summary>
internal static class TwinCommand
{
    public static Command Create() => new("twin", "Assets and what feeds them") { Unmapped() };

    private static Command Unmapped()
    {
        Option<string> config = CommonOptions.Config();
        Option<bool> json = CommonOptions.Json();
        Option<RowFormat> format = new("--format") { Description = "How rows are printed", DefaultValueFactory = _ => RowFormat.Table };
        var command = new Command("unmapped", "Points in raw that feed no signal at the time of their samples") { config, format, json };
        command.SetAction((parsed, cancellation) => UnmappedAsync(
            parsed.GetValue(config)!, parsed.GetValue(json) ? RowFormat.Json : parsed.GetValue(format), cancellation));
        return command;
    }

    private static async Task<int> UnmappedAsync(string config, RowFormat format, CancellationToken cancellation)
    {
        FabricConfiguration configuration = CommonOptions.Load(config);
        using DuckDbDatabase checkpoints = DuckDbDatabase.Open();
        using LakeSql lake = await LakeSql.OpenAsync(
            configuration.Options.LakeFolder, SqlCommand.ReadingEnvironment(checkpoints), null, [], cancellation).ConfigureAwait(false);
        if (!lake.Tables.Contains("raw"))
        {
            await Console.Error.WriteLineAsync("fabric: there is no table 'raw' yet").ConfigureAwait(false);
            return ExitCode.No;
        }

        FillBindings(lake.Connection, configuration.Twins);
        using DuckDbResult result = lake.Connection.Query("""
            SELECT source, device, point, count(*) AS samples, max(observed_at) AS last_observed
            FROM raw WHERE NOT EXISTS (
              SELECT 1 FROM bindings WHERE bindings.source = raw.source AND bindings.device = raw.device
                AND bindings.point = raw.point AND epoch_us(observed_at) >= from_us AND epoch_us(observed_at) < to_us)
            GROUP BY ALL ORDER BY ALL
            """, cancellation);
        RowPrinter.Print(result, format, Console.Out);
        return ExitCode.Done;
    }

    private static void FillBindings(DuckDbConnection sql, TwinFile? twins)
    {
        sql.Execute("CREATE TEMP TABLE bindings (source VARCHAR, device VARCHAR, point VARCHAR, from_us BIGINT, to_us BIGINT)");
        using DuckDbStatement insert = sql.Prepare("INSERT INTO bindings VALUES (?, ?, ?, ?, ?)");
        foreach ((string key, PointTimeline timeline) in twins?.Points ?? new Dictionary<string, PointTimeline>())
        {
            string[] parts = RecordKey.Split(key);
            foreach (BindingInterval interval in timeline.Intervals)
            {
                insert.Bind(1, parts[0]);
                insert.Bind(2, parts[1]);
                insert.Bind(3, parts[2]);
                insert.Bind(4, interval.FromMicros);
                insert.Bind(5, interval.ToMicros);
                insert.Execute(CancellationToken.None);
            }
        }
    }
}

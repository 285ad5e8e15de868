using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Core.Storage;
using Fabric.Delta;
using Fabric.DuckDb;
using Fabric.Host.Configuration;

namespace Fabric.Host.Commands;

/// <summary><c>fabric tables</c>: list, show, history.</summary>
internal static class TablesCommand
{
    public static Command Create() =>
        new("tables", "The Delta tables of the lake") { List(), Show(), History() };

    private static Command List()
    {
        Option<string> config = CommonOptions.Config();
        Option<bool> json = CommonOptions.Json();
        var command = new Command("list", "Every table with its version, rows, files and size") { config, json };
        command.SetAction((parsed, cancellation) => WithTablesAsync(parsed.GetValue(config)!, null, async tables =>
        {
            var rows = new List<object?[]>();
            foreach (DeltaTable table in tables)
            {
                Snapshot snapshot = await table.LoadAsync(cancellation).ConfigureAwait(false);
                rows.Add(
                [
                    table.Path, snapshot.Version, snapshot.Files.Sum(file => RowsOf(file.Stats)), snapshot.Files.Count,
                    snapshot.Files.Sum(file => file.Size),
                ]);
            }

            RowPrinter.Print(["table", "version", "rows", "files", "bytes"], rows, parsed.GetValue(json), Console.Out);
        }));
        return command;
    }

    private static Command Show()
    {
        Option<string> config = CommonOptions.Config();
        Option<bool> json = CommonOptions.Json();
        var name = new Argument<string>("TABLE");
        var command = new Command("show", "Columns of a table, its positions, and how to read it elsewhere") { name, config, json };
        command.SetAction((parsed, cancellation) => WithTablesAsync(parsed.GetValue(config)!, parsed.GetValue(name), async tables =>
        {
            DeltaTable table = tables.Single();
            Snapshot snapshot = await table.LoadAsync(cancellation).ConfigureAwait(false);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(Describe(table, snapshot).ToJsonString());
            }
            else
            {
                Print(table, snapshot);
            }
        }));
        return command;
    }

    private static JsonObject Describe(DeltaTable table, Snapshot snapshot) => new()
    {
        ["table"] = table.Path, ["root"] = table.Root, ["version"] = snapshot.Version, ["files"] = snapshot.Files.Count,
        ["partitioned_by"] = new JsonArray([.. snapshot.PartitionColumns.Select(column => JsonValue.Create(column))]),
        ["columns"] = new JsonArray([.. snapshot.Schema.Fields.Select(field => new JsonObject
        {
            ["column"] = field.Name, ["type"] = field.Type.Name,
        })]),
        ["positions"] = new JsonObject([.. snapshot.Txns.Values.OrderBy(txn => txn.AppId, StringComparer.Ordinal)
            .Select(txn => KeyValuePair.Create(txn.AppId, (JsonNode?)JsonValue.Create(txn.Version)))]),
    };

    private static void Print(DeltaTable table, Snapshot snapshot)
    {
        Console.WriteLine($"table {table.Path}, version {snapshot.Version}, {snapshot.Files.Count} files, partitioned by "
            + string.Join(", ", snapshot.PartitionColumns));
        RowPrinter.Align(
            ["column", "type"], [.. snapshot.Schema.Fields.Select(field => new[] { field.Name, field.Type.Name })], Console.Out);
        Console.WriteLine();
        RowPrinter.Align(
            ["position of", "last offset included"],
            [.. snapshot.Txns.Values.OrderBy(txn => txn.AppId, StringComparer.Ordinal)
                .Select(txn => new[] { txn.AppId, txn.Version.ToString(CultureInfo.InvariantCulture) })], Console.Out);
        Console.WriteLine($"""

            pandas  from deltalake import DeltaTable; DeltaTable("{table.Root}").to_pandas()
            Spark   spark.read.format("delta").load("{table.Root}")
            DuckDB  SELECT * FROM delta_scan('{table.Root}')
            Fabric  fabric sql 'SELECT * FROM {table.Path} LIMIT 10'
            """);
    }

    private static Command History()
    {
        Option<string> config = CommonOptions.Config();
        Option<bool> json = CommonOptions.Json();
        var name = new Argument<string>("TABLE");
        var limit = new Option<int>("--limit") { Description = "At most so many commits", DefaultValueFactory = _ => 20 };
        var command = new Command("history", "Commits of a table, newest first") { name, config, limit, json };
        command.SetAction((parsed, cancellation) => WithTablesAsync(parsed.GetValue(config)!, parsed.GetValue(name), async tables =>
        {
            IReadOnlyList<HistoryEntry> history = await tables.Single()
                .HistoryAsync(parsed.GetValue(limit), cancellation).ConfigureAwait(false);
            RowPrinter.Print(
                ["version", "time", "operation", "files", "rows"],
                [.. history.Select(entry =>
                {
                    Delta.Actions.AddAction[] files = [.. entry.Actions.OfType<Delta.Actions.AddAction>()];
                    return new object?[]
                    {
                        entry.Version, entry.ModifiedAt.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                        entry.Info?.Operation ?? "", files.Length, files.Sum(file => RowsOf(file.Stats)),
                    };
                })],
                parsed.GetValue(json), Console.Out);
        }));
        return command;
    }

    private static async Task<int> WithTablesAsync(
        string config, string? name, Func<IReadOnlyList<DeltaTable>, Task> act)
    {
        FabricOptions options = CommonOptions.Load(config).Options;
        using DuckDbDatabase database = DuckDbDatabase.Open();
        DeltaEnvironment environment = SqlCommand.ReadingEnvironment(database);
        var tables = new List<DeltaTable>();
        if (Directory.Exists(options.LakeFolder))
        {
            var store = new LocalObjectStore(options.LakeFolder, environment.Ids);
            foreach (string folder in Directory.EnumerateDirectories(options.LakeFolder).Order(StringComparer.Ordinal))
            {
                var table = new DeltaTable(store, Path.GetFileName(folder), environment);
                if ((name is null || table.Path == name) && await table.ExistsAsync(CancellationToken.None).ConfigureAwait(false))
                {
                    tables.Add(table);
                }
            }
        }

        if (name is not null && tables.Count == 0)
        {
            await Console.Error.WriteLineAsync($"fabric: there is no table '{name}' in {options.LakeFolder}; see 'fabric tables list'")
                .ConfigureAwait(false);
            return ExitCode.No;
        }

        await act(tables).ConfigureAwait(false);
        return ExitCode.Done;
    }

    private static long RowsOf(string? stats)
    {
        if (stats is null)
        {
            return 0;
        }

        using JsonDocument json = JsonDocument.Parse(stats);
        return json.RootElement.TryGetProperty("numRecords", out JsonElement rows) ? rows.GetInt64() : 0;
    }
}

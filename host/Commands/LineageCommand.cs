using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Fabric.DuckDb;
using Fabric.Host.Configuration;
using Fabric.Lakehouse.Trace;

namespace Fabric.Host.Commands;

/// <summary><c>fabric lineage trace</c>: where rows came from.</summary>
internal static class LineageCommand
{
    private static readonly JsonSerializerOptions JsonOptions = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static Command Create() => new("lineage", "Where data came from") { Trace() };

    private static Command Trace()
    {
        Option<string> config = CommonOptions.Config();
        Option<bool> json = CommonOptions.Json();
        var table = new Option<string>("--table") { Description = "The table", Required = true, HelpName = "TABLE" };
        var row = new Option<string>("--row")
        {
            Description = "SQL that picks the rows, e.g. \"asset = 'pump-1' AND number > 80\"", Required = true, HelpName = "PREDICATE",
        };
        var limit = new Option<int>("--limit") { Description = "At most so many rows", DefaultValueFactory = _ => 10 };
        var command = new Command("trace", "File, commit, offsets, raw record, source and device of rows") { table, row, limit, config, json };
        command.SetAction((parsed, cancellation) => TraceAsync(
            parsed.GetValue(config)!, parsed.GetValue(table)!, parsed.GetValue(row)!, parsed.GetValue(limit),
            parsed.GetValue(json), cancellation));
        return command;
    }

    private static async Task<int> TraceAsync(
        string config, string table, string row, int limit, bool json, CancellationToken cancellation)
    {
        FabricOptions options = CommonOptions.Load(config).Options;
        using DuckDbDatabase checkpoints = DuckDbDatabase.Open();
        IReadOnlyList<RowOrigin> origins = await new RowTrace(options.LakeFolder, SqlCommand.ReadingEnvironment(checkpoints))
            .TraceAsync(table, row, limit, cancellation).ConfigureAwait(false);
        foreach (RowOrigin origin in origins)
        {
            Console.WriteLine(json ? JsonSerializer.Serialize(origin, JsonOptions) : Describe(origin));
        }

        if (origins.Count == 0)
        {
            await Console.Error.WriteLineAsync("fabric: no row of the table fits").ConfigureAwait(false);
            return ExitCode.No;
        }

        return ExitCode.Done;
    }

    private static string Describe(RowOrigin origin)
    {
        string raw = origin.Raw is { } found
            ? $"""

              raw     {found.Topic}, partition {found.Partition}, offset {found.Offset}, sample {found.Index}
              source  {found.Source} on {found.Node}, device {found.Device}, sequence {found.Sequence}, point {found.Point}
              heard   {found.ReceivedAt}
            """
            : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            row of {origin.Table}
              file    {origin.File}
              sha256  {origin.Sha256}
              commit  version {origin.Version} at {origin.CommittedAt:yyyy-MM-dd'T'HH:mm:ss'Z'}, run {origin.RunId}
              record  {origin.Topic}, partition {origin.Partition}, offset {origin.Offset}, element {origin.Index}{raw}
            """);
    }
}

using System.Globalization;
using System.Text.Json;
using Fabric.Governance.Lineage;
using Fabric.Testing;

namespace Fabric.Host.Tests.EndToEnd;

/// <summary>
/// Holds the events of the table <c>lineage</c> against what the Delta logs themselves say, read as the files they are: every commit
/// with rows has one run that completed, with its offsets and files. And against the standard's own schemas.
/// </summary>
internal static class LineageJudge
{
    private static readonly string[] Tables = ["raw", "telemetry", "drift", "quarantine"];

    /// <summary>A commit as its table's log tells it.</summary>
    /// <param name="LastOffsets">By partition, from the commit's <c>txn</c> actions.</param>
    private sealed record LoggedCommit(
        string Table, Guid RunId, long Version, IReadOnlyDictionary<int, long> LastOffsets, IReadOnlyList<string> Files);

    /// <summary>Waits until the table <c>lineage</c> has an event of every commit; fails with those that have none.</summary>
    /// <returns>How many commits there are.</returns>
    public static async Task<int> EveryCommitIsToldAsync(string lakeFolder, TimeSpan bound)
    {
        LoggedCommit[] commits = [.. Tables.SelectMany(table => Commits(lakeFolder, table))];
        Assert.NotEmpty(commits);
        using var timeout = new CancellationTokenSource(bound);
        Dictionary<Guid, JsonElement> completed;
        while ((completed = await CompletedAsync(lakeFolder)).Keys.Intersect(commits.Select(commit => commit.RunId)).Count() < commits.Length
            && !timeout.IsCancellationRequested)
        {
            await Task.Delay(250);
        }

        string[] missing = [.. commits.Where(commit => !completed.ContainsKey(commit.RunId)).Select(commit => $"{commit.Table} {commit.Version}")];
        Assert.Empty(missing);
        Assert.All(commits, commit => AssertTells(completed[commit.RunId], commit));
        return commits.Length;
    }

    /// <summary>Waits until each job has a run that started and completed; returns those that have none.</summary>
    public static async Task<IEnumerable<string>> JobsWithoutAWholeRunAsync(string lakeFolder, string[] jobs, TimeSpan bound)
    {
        using var timeout = new CancellationTokenSource(bound);
        while (true)
        {
            IReadOnlyList<object?[]> whole = await Lake.RowsOfAsync(lakeFolder, """
                SELECT job_name FROM lineage GROUP BY job_name, run_id HAVING list(event_type ORDER BY event_time) = ['START', 'COMPLETE']
                """);
            string[] left = [.. jobs.Except(whole.Select(row => (string)row[0]!))];
            if (left.Length == 0 || timeout.IsCancellationRequested)
            {
                return left;
            }

            await Task.Delay(250);
        }
    }

    /// <summary>All events of the table, as the standard's schemas judge them.</summary>
    /// <returns>How many there are.</returns>
    public static async Task<int> EveryEventIsValidAsync(string lakeFolder, Judge ajv)
    {
        string[] events = [.. (await Lake.RowsOfAsync(lakeFolder, "SELECT event FROM lineage")).Select(row => (string)row[0]!)];
        JudgeResult judged = await ajv.RunAsync(
            string.Join('\n', events) + "\n", TimeSpan.FromMinutes(2), Path.Combine(TestData.Folder!, "openlineage"));
        Assert.True(judged.ExitCode == 0, judged.Error);
        string[] verdicts = judged.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(events.Length, verdicts.Length);
        Assert.DoesNotContain(verdicts, verdict => verdict != "ok");
        return events.Length;
    }

    private static void AssertTells(JsonElement told, LoggedCommit commit)
    {
        JsonElement ranges = told.GetProperty("inputs")[0].GetProperty("inputFacets").GetProperty("fabric_offsetRanges").GetProperty("ranges");
        Assert.NotEqual(0, ranges.GetArrayLength());
        Assert.All(ranges.EnumerateArray(), range =>
        {
            long first = range.GetProperty("firstOffset").GetInt64(), last = range.GetProperty("lastOffset").GetInt64();
            Assert.Equal(commit.LastOffsets[range.GetProperty("partition").GetInt32()], last);
            Assert.InRange(first, 0, last);
        });
        JsonElement facets = told.GetProperty("outputs")[0].GetProperty("facets");
        Assert.Equal(
            commit.Version.ToString(CultureInfo.InvariantCulture), facets.GetProperty("version").GetProperty("datasetVersion").GetString());
        Assert.Equal(
            commit.Files.Order(StringComparer.Ordinal),
            facets.GetProperty("fabric_files").GetProperty("files").EnumerateArray()
                .Select(file => file.GetProperty("path").GetString()!).Order(StringComparer.Ordinal));
    }

    /// <summary>The completed runs of sinks, by run id; told twice is told once.</summary>
    private static async Task<Dictionary<Guid, JsonElement>> CompletedAsync(string lakeFolder)
    {
        if (!Directory.Exists(Path.Combine(lakeFolder, "lineage", "_delta_log")))
        {
            return [];
        }

        IReadOnlyList<object?[]> rows = await Lake.RowsOfAsync(
            lakeFolder, "SELECT run_id, any_value(event) FROM lineage WHERE event_type = 'COMPLETE' AND job_name LIKE 'sink.%' GROUP BY run_id");
        return rows.ToDictionary(
            row => Guid.Parse((string)row[0]!), row => JsonDocument.Parse((string)row[1]!).RootElement);
    }

    private static IEnumerable<LoggedCommit> Commits(string lakeFolder, string table)
    {
        string log = Path.Combine(lakeFolder, table, "_delta_log");
        string tableId = "";
        string[] entries = Directory.Exists(log) ? Directory.GetFiles(log, "*.json") : [];
        foreach (string file in entries.Order(StringComparer.Ordinal))
        {
            JsonElement[] actions = [.. File.ReadLines(file).Select(line => JsonDocument.Parse(line).RootElement)];
            tableId = Of(actions, "metaData").Select(data => data.GetProperty("id").GetString()!).SingleOrDefault() ?? tableId;
            string[] files = [.. Of(actions, "add").Select(add => add.GetProperty("path").GetString()!)];
            if (files.Length > 0)
            {
                long version = long.Parse(Path.GetFileNameWithoutExtension(file), CultureInfo.InvariantCulture);
                yield return new LoggedCommit(
                    table, LineageRunId.OfCommit(tableId, version), version,
                    Of(actions, "txn").ToDictionary(
                        txn => PartitionOf(txn.GetProperty("appId").GetString()!), txn => txn.GetProperty("version").GetInt64()),
                    files);
            }
        }
    }

    private static IEnumerable<JsonElement> Of(JsonElement[] actions, string kind) =>
        actions.Where(action => action.TryGetProperty(kind, out _)).Select(action => action.GetProperty(kind));

    /// <summary>An application id ends with the partition's number.</summary>
    private static int PartitionOf(string applicationId) =>
        int.Parse(applicationId[(applicationId.LastIndexOf('/') + 1)..], CultureInfo.InvariantCulture);
}

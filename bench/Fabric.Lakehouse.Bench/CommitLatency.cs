using System.Globalization;
using System.Text.Json.Nodes;
using Fabric.Core.Columns;
using Fabric.Core.Storage;
using Fabric.Delta;
using Fabric.Delta.Actions;
using Fabric.Delta.Commits;
using Fabric.Delta.Schema;
using Fabric.Delta.Statistics;
using Fabric.DuckDb;
using Fabric.Lakehouse.Tables;

namespace Fabric.Lakehouse.Bench;

/// <summary>
/// Goal 1c: from durable data files to a visible version. A commit of the table <c>raw</c> as the sink makes it (one file with
/// statistics and tags, four positions), against <see cref="BareCommit"/> on the same disk, interleaved commit by commit. Every
/// tenth commit of ours writes a checkpoint too, as in the product.
/// </summary>
internal static class CommitLatency
{
    private const int Rounds = 8;
    private const int CommitsPerRound = 100;
    private const int Rows = 10_000;

    public static async Task<int> RunAsync()
    {
        using var lake = new BenchLake();
        TableDefinition definition = StandardTables.Create("raw", BenchLake.Fabric, FlushPolicy.Default);
        TableShape shape = TableShape.Of(definition, null);
        DeltaTable table = lake.Table("raw");
        Snapshot snapshot = (await table.CreateAsync(new NewTable(shape.ToSchema(), definition.PartitionColumns), default)).Snapshot;
        (StoredObject file, string stats) = await WriteFileAsync(lake, table, shape, snapshot);
        using var bare = new BareCommit(Path.Combine(lake.Folder, "bare"));
        List<double> ratios = [];
        for (int round = 0; round <= Rounds; round++)
        {
            List<double> ours = [], theirs = [];
            for (int i = 0; i < CommitsPerRound; i++)
            {
                DeltaTransaction transaction = Begin(lake, table, snapshot, file, stats);
                long startedAt = TimeProvider.System.GetTimestamp();
                CommitOutcome outcome = await transaction.CommitAsync(default);
                ours.Add(TimeProvider.System.GetElapsedTime(startedAt).TotalMicroseconds);
                snapshot = ((CommitOutcome.Committed)outcome).Snapshot;

                startedAt = TimeProvider.System.GetTimestamp();
                bare.Commit();
                theirs.Add(TimeProvider.System.GetElapsedTime(startedAt).TotalMicroseconds);
            }

            Tell(round, ours, theirs);
            if (round > 0)
            {
                ratios.Add(Ratios.Median(ours) / Ratios.Median(theirs));
            }
        }

        Console.WriteLine($"1c commit/bare, p50: {Ratios.Tell(ratios)}, goal 2x");
        return 0;
    }

    /// <summary>A data file, for its statistics; the commits that are timed name files that nobody reads.</summary>
    private static async Task<(StoredObject File, string Stats)> WriteFileAsync(
        BenchLake lake, DeltaTable table, TableShape shape, Snapshot snapshot)
    {
        var batch = new ColumnBatch(shape.FileFields);
        foreach (Column column in batch.Columns)
        {
            Fill(column);
        }

        using var writer = new ParquetFileWriter(lake.Database, shape.FileFields);
        writer.Append(batch);
        StagedObject staged = await lake.Store.StageAsync($"{table.Path}/date=2026-01-01/measured.parquet", default);
        ParquetFileInfo info = writer.Finish(staged.LocalPath);
        return (await lake.Store.FinishAsync(staged, default), DeltaStatistics.Write(snapshot, shape.ToSchema(), info, []));
    }

    private static void Fill(Column column)
    {
        for (int row = 0; row < Rows; row++)
        {
            switch (column)
            {
                case BytesColumn texts:
                    texts.Append("press-07"u8);
                    break;
                case FixedColumn<long> longs:
                    longs.Append(1_767_225_600_000_000 + row);
                    break;
                case FixedColumn<int> ints:
                    ints.Append(row);
                    break;
                case FixedColumn<double> doubles:
                    doubles.Append(row / 100.0);
                    break;
                default:
                    column.AppendNull();
                    break;
            }
        }
    }

    private static DeltaTransaction Begin(BenchLake lake, DeltaTable table, Snapshot snapshot, StoredObject file, string stats)
    {
        var partition = new Dictionary<string, string?> { ["date"] = "2026-01-01" };
        var tags = new Dictionary<string, string?>
        {
            ["fabric.topic"] = "bench.raw", ["fabric.offsets"] = """{"0":[1000,2000],"1":[1000,2000],"2":[1000,2000],"3":[1000,2000]}""",
            ["fabric.schemaIds"] = "1", ["fabric.sha256"] = new string('a', 64),
        };
        string path = ObjectPath.Join(table.Path, DataFile.NewPath(["date"], partition, lake.Delta.Ids));
        AddAction add = DataFile.ToAdd(table, file with { Path = path }, partition, stats, tags);
        DeltaTransaction transaction = table.Begin(snapshot)
            .Describe("STREAMING UPDATE", new Dictionary<string, string> { ["outputMode"] = "Append", ["queryId"] = "raw" })
            .Note("node", "n1").Note("topic", "bench.raw").Note("rows", Rows)
            .Note("offsets", JsonNode.Parse(tags["fabric.offsets"]!)).Note("schemaIds", new JsonArray(1));
        for (int partitionNumber = 0; partitionNumber < RawTopic.Partitions; partitionNumber++)
        {
            string appId = string.Create(CultureInfo.InvariantCulture, $"bench/raw/bench.raw/{partitionNumber}");
            transaction.Advance(appId, (snapshot.TxnVersion(appId) ?? 0) + 1_000, snapshot.TxnVersion(appId));
        }

        return transaction.Add(add);
    }

    private static void Tell(int round, List<double> ours, List<double> theirs)
    {
        ours.Sort();
        theirs.Sort();
        string Figures(List<double> sorted) => string.Create(
            CultureInfo.InvariantCulture, $"p50 {sorted[sorted.Count / 2],5:F0} us, p99 {sorted[sorted.Count * 99 / 100],6:F0} us");
        Console.WriteLine($"  commit {Figures(ours)}   bare {Figures(theirs)}{(round == 0 ? "   (warm-up, discarded)" : "")}");
    }
}

using System.Collections.Concurrent;
using Fabric.Core.Columns;
using Fabric.Testing;

namespace Fabric.DuckDb.Tests;

public class ConcurrencyTests
{
    private static readonly ColumnField[] Fields = [new("n", ColumnType.Int64), new("s", ColumnType.Text)];

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Finish_writers_in_parallel_do_not_mix_their_rows(int threads)
    {
        using var folder = new TempFolder();
        using DuckDbDatabase database = DuckDbDatabase.Open(new DuckDbOptions { Threads = threads });

        await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(() => WriteFilesAsync(database, folder, writer))));

        for (int writer = 0; writer < 4; writer++)
        {
            for (int file = 0; file < 5; file++)
            {
                List<object?[]> rows = Rows.OfFile(database, folder[$"{writer}-{file}.parquet"]);
                Assert.Equal(20_000, rows.Count);
                for (int i = 0; i < rows.Count; i++)
                {
                    Assert.Equal([(long)i, $"writer {writer} file {file}"], rows[i]);
                }
            }
        }
    }

    [Fact]
    public void Append_after_the_first_file_allocates_nothing()
    {
        using var folder = new TempFolder();
        using DuckDbDatabase database = DuckDbDatabase.Open();
        using var writer = new ParquetFileWriter(database, Sample.Fields);
        var sample = new Sample(5000, (row, column) => (row + column) % 3 == 0);
        for (int file = 0; file < 2; file++)
        {
            writer.Append(sample.Batch);
            writer.Finish(folder[$"{file}.parquet"]);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        writer.Append(sample.Batch);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
    }

    [Fact]
    public async Task WriteQueryAsync_cancelled_while_it_writes_leaves_nothing()
    {
        using var folder = new TempFolder();
        using DuckDbDatabase database = DuckDbDatabase.Open();
        using DuckDbConnection connection = database.Connect();
        using var cancellation = new CancellationTokenSource();

        Task<ParquetFileInfo> writing = ParquetFileWriter.WriteQueryAsync(
            connection, "SELECT 0 AS n FROM range(1_000_000_000_000)", folder["a.parquet"], null, cancellation.Token);
        while (!File.Exists(folder["a.parquet"]) && !writing.IsCompleted)
        {
            await Task.Yield();
        }

        cancellation.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
        Assert.Equal(2, (await ParquetFileWriter.WriteQueryAsync(connection, "FROM range(2)", folder["b.parquet"])).RowCount);
    }

    [Fact]
    public async Task Execute_hostile_statements_in_parallel_end_in_typed_errors()
    {
        int seed = Seed.Next();
        using DuckDbDatabase database = DuckDbDatabase.Open(
            new DuckDbOptions { ConfinedTo = [], LockConfiguration = true, MemoryLimitBytes = 128 << 20 });
        var codes = new ConcurrentDictionary<string, int>();

        await Task.WhenAll(Enumerable.Range(0, 2).Select(worker => Task.Run(() => Attack(database, new Random(seed + worker), codes))));

        Assert.True(codes.Count > 2, $"seed {seed}: {string.Join(", ", codes)}");
        Assert.Equal(1, Rows.Of(database, "SELECT 1")[0][0]);
    }

    private static async Task WriteFilesAsync(DuckDbDatabase database, TempFolder folder, int number)
    {
        using var writer = new ParquetFileWriter(database, Fields);
        var batch = new ColumnBatch(Fields);
        for (int file = 0; file < 5; file++)
        {
            batch.Clear();
            for (int i = 0; i < 20_000; i++)
            {
                batch.Fixed<long>("n").Append(i);
                batch.AppendText("s", $"writer {number} file {file}");
            }

            writer.Append(batch);
            await writer.FinishAsync(folder[$"{number}-{file}.parquet"]);
        }
    }

    /// <summary>Statements put together from fragments, most of them nonsense, some of them large.</summary>
    private static void Attack(DuckDbDatabase database, Random random, ConcurrentDictionary<string, int> codes)
    {
        string[] fragments =
        [
            "SELECT", "FROM", "WHERE", "(", ")", ",", "*", "1", "NULL", "'", "''", "\"", "--", "/*", ";", "range(10)", "fabric_rows(", "-1)",
            "fabric_rows(NULL)", "CAST(", "AS INT)", "[1,2]", "{'a': 1}", "MAP {1: 2}", "UNION ALL", "ORDER BY ALL", "GROUP BY 1",
            "repeat('x', 100000)", "::HUGEINT", "\ud800", "\uffff", "🏭", "$1", "?", "PRAGMA", "CALL", "DESCRIBE", "EXPLAIN", "VALUES (1)",
            "9999999999999999999999999999999999999999", "1e400", "'\\x'", "::BLOB", "WITH RECURSIVE t AS", "LATERAL", "PIVOT", "interval '1' day",
        ];
        using DuckDbConnection connection = database.Connect();
        for (int i = 0; i < 3000; i++)
        {
            string sql = "SELECT " + string.Join(' ', Enumerable.Range(0, random.Next(1, 9)).Select(_ => fragments[random.Next(fragments.Length)]));
            using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            try
            {
                using DuckDbResult result = connection.Query(sql, bound.Token);
                int rows = result.Rows().Take(5000).Count();
                codes.AddOrUpdate("rows", 1, (_, count) => count + 1);
            }
            catch (DuckDbException exception)
            {
                codes.AddOrUpdate(exception.Code, 1, (_, count) => count + 1);
            }
        }
    }
}

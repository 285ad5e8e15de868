using Fabric.Testing;

namespace Fabric.DuckDb.Tests;

public class ConnectionTests
{
    [Fact]
    public void Query_every_scalar_type_reads_as_its_object()
    {
        using DuckDbDatabase database = DuckDbDatabase.Open();

        object?[] row = Rows.Of(
            database,
            """
            SELECT true, 1::TINYINT, 2::SMALLINT, 3::INTEGER, 4::BIGINT, 5::UTINYINT, 6::USMALLINT, 7::UINTEGER, 8::UBIGINT,
              170141183460469231731687303715884105727::HUGEINT, 340282366920938463463374607431768211455::UHUGEINT,
              0.5::FLOAT, 0.1::DOUBLE, 'kurz', 'länger als zwölf Bytes', '\x00\xFF'::BLOB, DATE '2026-02-28', TIME '01:02:03.000004',
              TIMESTAMP '2026-01-02 03:04:05.678901', TIMESTAMPTZ '1969-12-31 23:59:59.999999+00',
              TIMESTAMP_S '2026-01-02 03:04:05', TIMESTAMP_MS '2026-01-02 03:04:05.678', TIMESTAMP_NS '2026-01-02 03:04:05.678901234',
              INTERVAL '1 month 2 days 3 seconds', '01234567-89ab-cdef-0123-456789abcdef'::UUID, 'b'::ENUM('a', 'b'), '01101'::BIT, NULL
            """)[0];

        Assert.Equal(
            [
                true, (sbyte)1, (short)2, 3, 4L, (byte)5, (ushort)6, 7U, 8UL, Int128.MaxValue, UInt128.MaxValue, 0.5F, 0.1,
                "kurz", "länger als zwölf Bytes", new byte[] { 0, 255 }, DuckDbDate.FromDateOnly(new DateOnly(2026, 2, 28)),
                new TimeSpan(0, 1, 2, 3, 0, 4), new DuckDbTimestamp(1767323045678901, TimestampUnit.Microseconds, false),
                new DuckDbTimestamp(-1, TimestampUnit.Microseconds, true),
                new DuckDbTimestamp(1767323045, TimestampUnit.Seconds, false),
                new DuckDbTimestamp(1767323045678, TimestampUnit.Milliseconds, false),
                new DuckDbTimestamp(1767323045678901234, TimestampUnit.Nanoseconds, false),
                new DuckDbInterval(1, 2, 3_000_000), Guid.Parse("01234567-89ab-cdef-0123-456789abcdef"), "b", "01101", null,
            ],
            row);
    }

    [Theory]
    [InlineData("0.00::DECIMAL(4,2)", "0.00")]
    [InlineData("-0.05::DECIMAL(4,2)", "-0.05")]
    [InlineData("-99.99::DECIMAL(4,2)", "-99.99")]
    [InlineData("1234567.89::DECIMAL(9,2)", "1234567.89")]
    [InlineData("-123456789012345678::DECIMAL(18,0)", "-123456789012345678")]
    [InlineData("99999999999999999999999999999999999999::DECIMAL(38,0)", "99999999999999999999999999999999999999")]
    [InlineData("'-0.00000000000000000000000000000000000001'::DECIMAL(38,38)", "-0.00000000000000000000000000000000000001")]
    public void Query_decimal_of_every_width_keeps_all_digits(string sql, string expected)
    {
        using DuckDbDatabase database = DuckDbDatabase.Open();

        Assert.Equal(expected, Rows.Of(database, $"SELECT {sql}")[0][0]!.ToString());
    }

    [Fact]
    public void Query_nested_values_reads_lists_structs_maps_unions_and_arrays()
    {
        using DuckDbDatabase database = DuckDbDatabase.Open();

        object?[] row = Rows.Of(
            database,
            """
            SELECT [1, NULL, 3], {'a': 1, 'b': {'c': ['x', NULL]}}, MAP {'k': 1, 'n': NULL}, union_value(t := 'u'), [1.5, 2.5]::DOUBLE[2],
              [[1], [], NULL], [{'m': MAP {1: 'one'}}], NULL::STRUCT(a INT), NULL::INT[], []::INT[]
            """)[0];

        Assert.Equal(new object?[] { 1, null, 3 }, row[0]);
        var outer = Assert.IsType<DuckDbStruct>(row[1]);
        Assert.Equal(1, outer["a"]);
        Assert.Equal(new object?[] { "x", null }, Assert.IsType<DuckDbStruct>(outer["b"])["c"]);
        Assert.Equal([new("k", 1), new("n", null)], Assert.IsType<DuckDbMap>(row[2]).Entries);
        Assert.Equal("u", row[3]);
        Assert.Equal(new object?[] { 1.5, 2.5 }, row[4]);
        Assert.Equal(new object?[] { new object?[] { 1 }, Array.Empty<object?>(), null }, row[5]);
        var inner = Assert.IsType<DuckDbStruct>(Assert.IsType<object?[]>(row[6])[0]);
        Assert.Equal([new(1, "one")], Assert.IsType<DuckDbMap>(inner["m"]).Entries);
        Assert.Null(row[7]);
        Assert.Null(row[8]);
        Assert.Equal(Array.Empty<object?>(), row[9]);
    }

    [Fact]
    public void Query_many_rows_streams_chunks_that_hold_every_row_once()
    {
        using DuckDbDatabase database = DuckDbDatabase.Open();
        using DuckDbConnection connection = database.Connect();
        using DuckDbResult result = connection.Query("SELECT range AS n FROM range(10_000)");
        long expected = 0;

        while (result.NextChunk())
        {
            Assert.InRange(result.Chunk.RowCount, 1, 2048);
            foreach (long value in result.Chunk[0].Values<long>())
            {
                Assert.Equal(expected++, value);
            }
        }

        Assert.Equal(10_000, expected);
        Assert.False(result.NextChunk());
    }

    [Fact]
    public void Prepare_typed_parameters_arrive_unchanged()
    {
        using DuckDbDatabase database = DuckDbDatabase.Open();
        using DuckDbConnection connection = database.Connect();
        using DuckDbStatement statement = connection.Prepare("SELECT $a, $b, $c, $d, $e, $f, $g, $h, $i");
        var instant = new DateTimeOffset(1960, 1, 2, 3, 4, 5, TimeSpan.FromHours(2)).AddMicroseconds(1);
        statement.Bind(statement.ParameterIndex("a"), long.MinValue);
        statement.Bind(statement.ParameterIndex("b"), double.NaN);
        statement.Bind(statement.ParameterIndex("c"), "it's\0\"quoted\"");
        statement.BindBlob(statement.ParameterIndex("d"), []);
        statement.BindNull(statement.ParameterIndex("e"));
        statement.Bind(statement.ParameterIndex("f"), Int128.MinValue);
        statement.Bind(statement.ParameterIndex("g"), instant);
        statement.Bind(statement.ParameterIndex("h"), true);
        statement.Bind(statement.ParameterIndex("i"), new DuckDbDate(-1));

        using DuckDbResult result = statement.Query();
        object?[] row = result.Rows().Single();

        Assert.Equal(
            [
                long.MinValue, double.NaN, "it's\0\"quoted\"", Array.Empty<byte>(), null, Int128.MinValue,
                DuckDbTimestamp.FromDateTimeOffset(instant), true, new DuckDbDate(-1),
            ],
            row);
        Assert.True(Assert.IsType<DuckDbTimestamp>(row[6]).TryToDateTimeOffset(out DateTimeOffset back));
        Assert.Equal(instant, back);
        Assert.Throws<ArgumentException>(() => statement.ParameterIndex("zz"));
        Assert.Throws<ArgumentOutOfRangeException>(() => statement.Bind(10, 1));
    }

    [Fact]
    public void Execute_script_runs_all_statements_and_counts_the_last()
    {
        using DuckDbDatabase database = DuckDbDatabase.Open();
        using DuckDbConnection connection = database.Connect();

        long changed = connection.Execute("CREATE TABLE t(a INT); INSERT INTO t VALUES (1), (2), (3);");

        Assert.Equal(3, changed);
        Assert.Equal(3L, connection.Scalar("SELECT count(*) FROM t"));
    }

    [Theory]
    [InlineData("SELEC 1", DuckDbErrorCodes.Statement)]
    [InlineData("SELECT nothing", DuckDbErrorCodes.Statement)]
    [InlineData("SELECT * FROM nowhere", DuckDbErrorCodes.Statement)]
    [InlineData("SELECT 'x'::INT", DuckDbErrorCodes.Execution)]
    [InlineData("SELECT * FROM read_parquet('/nowhere.parquet')", DuckDbErrorCodes.Io)]
    [InlineData("", DuckDbErrorCodes.Statement)]
    [InlineData("  ; -- nothing", DuckDbErrorCodes.Statement)]
    [InlineData("SELECT 1\0", DuckDbErrorCodes.Statement)]
    [InlineData("SELECT * FROM fabric_rows(12345)", DuckDbErrorCodes.Statement)]
    [InlineData("SELECT * FROM fabric_rows(NULL)", DuckDbErrorCodes.Statement)]
    [InlineData("SELECT count(*) FROM range(10) t(i) WHERE (i::VARCHAR || 'x')::INT = 1", DuckDbErrorCodes.Execution)]
    public void Query_what_cannot_run_throws_with_a_code_and_the_connection_lives(string sql, string code)
    {
        using DuckDbDatabase database = DuckDbDatabase.Open();
        using DuckDbConnection connection = database.Connect();

        var exception = Assert.Throws<DuckDbException>(() => connection.Scalar(sql));

        Assert.Equal(code, exception.Code);
        Assert.DoesNotContain("LINE 1", exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, connection.Scalar("SELECT 1"));
    }

    [Fact]
    public async Task Query_token_cancelled_while_running_ends_it_and_the_connection_lives()
    {
        using DuckDbDatabase database = DuckDbDatabase.Open();
        using DuckDbConnection connection = database.Connect();
        using var cancellation = new CancellationTokenSource();
        Task running = Task.Factory.StartNew(
            () => connection.Execute(
                "CREATE TABLE t AS SELECT count(*) FROM range(100_000_000) a, range(100_000_000) b WHERE (a.range * b.range) % 7 = 3",
                cancellation.Token),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        cancellation.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.Equal(1, connection.Scalar("SELECT 1"));
    }

    [Fact]
    public async Task Progress_of_a_running_statement_is_seen_and_the_configuration_can_be_locked_after()
    {
        using DuckDbDatabase database = DuckDbDatabase.Open();
        using DuckDbConnection connection = database.Connect();
        connection.Execute("CREATE TABLE numbers AS SELECT range AS n FROM range(10_000_000)");
        connection.EnableProgress();
        database.LockConfiguration();
        using var cancellation = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        Task running = Task.Factory.StartNew(
            () => connection.Execute(
                "CREATE TABLE t AS SELECT count(sha256(repeat(n::VARCHAR, 1000))) FROM numbers", cancellation.Token),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        while (connection.Progress <= 0 && !running.IsCompleted)
        {
            await Task.Yield();
        }

        Assert.False(running.IsCompleted);
        Assert.InRange(connection.Progress, 0, 100);
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Throws<DuckDbException>(() => connection.Execute("SET threads=2"));
        Assert.Throws<DuckDbException>(() => connection.EnableProgress());
    }

    [Fact]
    public void NextChunk_token_cancelled_between_chunks_ends_the_stream()
    {
        using DuckDbDatabase database = DuckDbDatabase.Open();
        using DuckDbConnection connection = database.Connect();
        using var cancellation = new CancellationTokenSource();
        using DuckDbResult result = connection.Query("SELECT * FROM range(1_000_000_000_000)", cancellation.Token);
        Assert.True(result.NextChunk());

        cancellation.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() => result.NextChunk());
    }

    [Fact]
    public void Open_file_database_keeps_its_tables()
    {
        using var folder = new TempFolder();
        var options = new DuckDbOptions { Path = folder["kept.duckdb"] };
        using (DuckDbDatabase database = DuckDbDatabase.Open(options))
        {
            using DuckDbConnection connection = database.Connect();
            connection.Execute("CREATE TABLE t AS SELECT 42 AS answer");
        }

        using DuckDbDatabase again = DuckDbDatabase.Open(options with { ReadOnly = true });

        Assert.Equal(42, Rows.Of(again, "SELECT answer FROM t")[0][0]);
        Assert.Throws<DuckDbException>(() => Rows.Of(again, "DROP TABLE t"));
    }

    [Fact]
    public void Open_what_is_no_database_throws()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["text"], new string('x', 10_000));

        var exception = Assert.Throws<DuckDbException>(() => DuckDbDatabase.Open(new DuckDbOptions { Path = folder["text"] }));

        Assert.Equal(DuckDbErrorCodes.Open, exception.Code);
        Assert.Throws<ArgumentOutOfRangeException>(() => DuckDbDatabase.Open(new DuckDbOptions { Threads = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => DuckDbDatabase.Open(new DuckDbOptions { MemoryLimitBytes = 1 }));
    }

    [Fact]
    public void Open_settings_reach_the_engine()
    {
        using DuckDbDatabase database = DuckDbDatabase.Open(new DuckDbOptions { Threads = 3, MemoryLimitBytes = 64 << 20 });

        object?[] row = Rows.Of(
            database,
            "SELECT current_setting('threads'), current_setting('memory_limit'), current_setting('TimeZone'), "
            + "current_setting('temp_directory')")[0];

        Assert.Equal([3L, "64.0 MiB", "UTC", ""], row);
        var exception = Assert.Throws<DuckDbException>(
            () => Rows.Of(database, "SELECT max(s) FROM (SELECT string_agg(range::VARCHAR, ',') AS s FROM range(100_000_000))"));
        Assert.Equal(DuckDbErrorCodes.OutOfMemory, exception.Code);
    }
}

using System.Globalization;
using Fabric.DuckDb;
using Fabric.Statistics;
using Fabric.Testing;
using Fabric.Topologies.Drift;

namespace Fabric.Topologies.Tests;

public sealed class BaselineTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public void A_csv_gives_samples_by_asset_and_signal_of_good_finite_numbers()
    {
        Baseline baseline = LoadCsv("""
            asset,signal,number,quality
            p1,vibration,1.5,GOOD
            p1,vibration,NaN,GOOD
            p1,vibration,inf,GOOD
            p1,vibration,7,BAD
            p1,vibration,,GOOD
            p2,vibration,3,GOOD
            ,vibration,4,GOOD
            """);
        Assert.Equal(3, baseline.Count);
        Assert.Equal("b.csv", baseline.Name);
        Assert.All((string[])["p1", "p2", "p3"], asset => Assert.Equal(1, baseline.Find(asset, "vibration")!.Sample.Count));
        Assert.Equal(1, baseline.Find("p1", "vibration")!.Sample.SlotOf(1.5));
        Assert.Equal(1, baseline.Find("p3", "vibration")!.Sample.SlotOf(4));
        Assert.Null(baseline.Find("p1", "pressure"));
    }

    [Fact]
    public void Large_samples_are_thinned_to_the_same_values_in_any_order_and_named_so()
    {
        double[] values = [.. Enumerable.Range(0, 25_000).Select(i => Math.Sqrt(i))];
        BaselineSample first = Sample(values);
        BaselineSample second = Sample([.. values.Reverse()]);
        Assert.Equal(first.Fingerprint, second.Fingerprint);
        Assert.Equal(Baseline.ValuesMax, first.Sample.Count);
        Assert.Equal("b.csv (10000 of 25000 values)", first.Name);
        var all = new WindowCounts(first.Sample);
        Assert.All(values, value => all.Add(value));
        Assert.InRange(all.Test().D, 0, 1.0 / Baseline.ValuesMax);
        BaselineSample whole = Sample(values[..Baseline.ValuesMax]);
        Assert.Equal((Baseline.ValuesMax, "b.csv"), (whole.Sample.Count, whole.Name));
    }

    [Fact]
    public void Parquet_is_read_as_well()
    {
        Parquet(_folder["b.parquet"]);
        Baseline baseline = new BaselineLoader(_folder.Path, TimeProvider.System).Load(new BaselineOptions.OfFile(_folder["b.parquet"]));
        Assert.Equal(100, baseline.Find("p1", "vibration")!.Sample.Count);
    }

    [Fact]
    public void Rows_of_a_table_are_those_of_the_pinned_version_and_condition()
    {
        string table = Directory.CreateDirectory(Path.Combine(_folder.Path, "lake", "telemetry", "_delta_log")).Parent!.FullName;
        Parquet(Path.Combine(table, "0.parquet"));
        Parquet(Path.Combine(table, "1.parquet"));
        File.WriteAllText(Path.Combine(table, "_delta_log", $"{0:D20}.json"), $$$"""
            {"protocol":{"minReaderVersion":1,"minWriterVersion":2}}
            {"metaData":{"id":"3f1c2a52-6a6c-4c0e-9d9b-1a5a4d2c9e01","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"asset\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}},{\"name\":\"signal\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}},{\"name\":\"number\",\"type\":\"double\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":[],"configuration":{},"createdTime":1700000000000}}
            {{{Add(table, "0.parquet")}}}
            """);
        File.WriteAllText(Path.Combine(table, "_delta_log", $"{1:D20}.json"), Add(table, "1.parquet"));
        var loader = new BaselineLoader(Path.Combine(_folder.Path, "lake"), TimeProvider.System);
        int Count(long version, string? where) => loader
            .Load(new BaselineOptions.OfTable("telemetry", version, where)).Find("p1", "vibration")?.Sample.Count ?? 0;
        Assert.Equal((100, 200, 20, 0), (Count(0, null), Count(1, null), Count(1, "number < 10 -- few"), Count(0, "asset = 'p2'")));
        Assert.Equal("telemetry@1", new BaselineOptions.OfTable("telemetry", 1, null).Name);
        Refused("DRIFT_BASELINE_UNREADABLE", () => Count(2, null));
        Refused("DRIFT_BASELINE_UNREADABLE", () => Count(1, "nothing = 1"));
        Refused("DRIFT_BASELINE_UNREADABLE", () => Count(1, "number IN (SELECT number FROM '/etc/passwd')"));
        Refused("DRIFT_BASELINE_UNREADABLE", () => loader.Load(new BaselineOptions.OfTable("gone", 0, null)));
    }

    [Fact]
    public void What_cannot_be_a_baseline_is_refused_with_a_reason()
    {
        Refused("DRIFT_BASELINE_COLUMNS", () => LoadCsv("signal,value\nvibration,1\n"));
        Refused("DRIFT_BASELINE_UNREADABLE", () => LoadCsv("signal,number\nvibration,much\n"));
        Refused(
            "DRIFT_BASELINE_UNREADABLE",
            () => new BaselineLoader(_folder.Path, TimeProvider.System).Load(new BaselineOptions.OfFile(_folder["gone.csv"])));
    }

    public void Dispose() => _folder.Dispose();

    private static void Refused(string code, Func<object> load) =>
        Assert.Equal(code, Assert.Throws<DriftException>(() => { load(); }).Code);

    private static string Add(string table, string file)
    {
        long size = new FileInfo(Path.Combine(table, file)).Length;
        return $$$"""
            {"add":{"path":"{{{file}}}","partitionValues":{},"size":{{{size}}},"modificationTime":1700000000000,"dataChange":true}}
            """;
    }

    private static void Parquet(string path)
    {
        using DuckDbDatabase database = DuckDbDatabase.Open();
        using DuckDbConnection connection = database.Connect();
        connection.Execute(
            "COPY (SELECT 'p1' AS asset, 'vibration' AS signal, CAST(i AS DOUBLE) AS number FROM range(100) t(i)) "
            + $"TO {SqlText.Literal(path)} (FORMAT parquet)");
    }

    private BaselineSample Sample(IEnumerable<double> values) => LoadCsv(
        "signal,number\n" + string.Join('\n', values.Select(value => $"vibration,{value.ToString("R", CultureInfo.InvariantCulture)}")))
        .Find("any", "vibration")!;

    private Baseline LoadCsv(string text)
    {
        File.WriteAllText(_folder["b.csv"], text);
        return new BaselineLoader(_folder.Path, TimeProvider.System).Load(new BaselineOptions.OfFile(_folder["b.csv"]));
    }
}

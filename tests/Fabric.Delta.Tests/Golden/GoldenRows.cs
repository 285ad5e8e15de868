using System.Globalization;
using static Fabric.Delta.Tests.Golden.GoldenExpectation;
using static Fabric.Delta.Tests.Golden.GoldenTables;

namespace Fabric.Delta.Tests.Golden;

/// <summary>Rows of the golden tables with wider schemas.</summary>
internal static class GoldenRows
{
    public static readonly Rows BasicDecimal = new(() =>
    [
        "234.00000 | 1.00 | 2.00000 | 3.0000000000",
        "2342222.23454 | 111.11 | 22222.22222 | 3333333333.3333333333",
        "0.00004 | 0.00 | 0.00000 | 0.0000000000",
        "-2342342.23423 | -999.99 | -99999.99999 | -9999999999.9999999999",
    ]);

    public static readonly Rows ArrayComplexObjects = new(() => Range(0, 10).Select(i =>
    {
        string one = $"[[{i}, {i}, {i}], [{i}, {i}, {i}]]";
        string two = $"[{one}, {one}]";
        return $"{i} | {two} | [{two}, {two}] | [<{i}: {i}>, <{i}: {i}>] | [{{val: {i}}}, {{val: {i}}}, {{val: {i}}}]";
    }));

    public static readonly Rows ArrayPrimitives = new(() => Range(0, 10).Select(i =>
        $"[{i}] | [{i}] | [{i}] | [{i}] | [{Even(i)}] | [{i}] | [{i}] | [{i}] | [0x{i:X2}{i:X2}] | [{i}]"));

    public static readonly Rows Maps = new(() => Range(0, 10).Select(i =>
        $"{i} | <{i}: {i}> | <{i}: {i}> | <{i}: {Even(i)}> | <{i}: {i}> | <{i}: {i}> | "
        + $"<{i}: [{{val: {i}}}, {{val: {i}}}, {{val: {i}}}]>"));

    public static readonly Rows PartitionValues = new(() => Range(0, 2).Select(i =>
        $"{i} | {i} | {i} | {i} | {Even(i)} | {i} | {i} | {i} | null | 2021-09-08 | 2021-09-08T11:11:11.000000Z | {i} | "
        + $"[{{val: {i}}}, {{val: {i}}}, {{val: {i}}}] | {{aa: {i}, ab: {i}, ac: {{aca: {i}, acb: {i}}}}} | {i}").Append(
        string.Concat(Enumerable.Repeat("null | ", 12))
        + "[{val: 2}, {val: 2}, {val: 2}] | {aa: 2, ab: 2, ac: {aca: 2, acb: 2}} | 2"));

    public static readonly Rows Primitives = new(() => Range(0, 10).Select(i =>
        $"{i} | {i} | {i} | {i} | {Even(i)} | {i} | {i} | {i} | 0x{i:X2}{i:X2} | {i}").Append(
        string.Join(" | ", Enumerable.Repeat("null", 10))));

    public static readonly Rows AllStatsTypes = new(() =>
        ["0 | 0 | 0 | 0 | 0 | 0 | 0 | 2000-01-01 | 2000-01-01T08:00:00.000000Z | 0"]);

    public static readonly Rows HivePairs = new(() => Range(0, 10).Select(i => $"{i} | foo{i % 2}"));

    public static readonly Summary DecimalDictionaries = new(
        "SELECT count(*), count(DISTINCT id), bool_and(col1 = id % 5 AND col2 = id % 6 AND col3 = id % 2), typeof(any_value(col3)) "
        + "FROM t", "1000000 | 1000000 | true | DECIMAL(25,0)");

    public static readonly Rows DecimalType = new(() => Range(0, 99_998).Select(i =>
    {
        Int128 n = i % 85 != 0 && i % 33 == 0 ? -i : i;
        bool isPlain = i % 85 == 0;
        Int128 once = isPlain ? n * 100_000 : Expand(n);
        Int128 thrice = isPlain ? n * 100_000 : Expand(Expand(Expand(n)));
        return $"{i} | {Scaled(n, 1)} | {Scaled(once, 5)} | {Scaled(thrice, 5)}";
    }));

    public static readonly Rows ColumnMapping = new(() => Range(0, 5).Select(i =>
        $"{i} | {i} | {i} | {i} | {i} | {i} | {i}.00 | {Even(i)} | {i} | 0x{(int)'0' + i:X2} | 2021-11-18 | "
        + $"1970-01-01T00:00:00.00{i}000Z | {{aa: {i}, ac: {{aca: {i}}}}} | [{i}, {i + 1}] | "
        + $"[[{i}, {i + 1}], [{i + 2}, {i + 3}]] | [<{i}: [2, 3], {i + 1}: [4, 5]>] | [{{ab: {i}}}, {{ab: {i}}}] | "
        + $"{{aa: [{i}, {i + 1}], ab: <[{i}, {i + 1}]: {{aca: {i + 2}}}>}} | <{i}: {i + 1}, {i + 2}: {i + 3}> | "
        + $"<{i + 1}: {{ab: {i * 20}}}> | <{i}: [{i}, null, {i + 1}], {i + 1}: []> | "
        + $"<{i}: <{i}: {i}>, {i + 1}: <{i + 2}: {i}>>").Append(string.Join(" | ", Enumerable.Repeat("null", 22))));

    /// <summary>Partition values carry no zone and are read as UTC; file values are moments of the writer's zone.</summary>
    public static Rows Timestamps(int hoursBehindUtc) => new(() =>
    [
        $"0 | 2020-01-01T08:09:10.001000Z | {Moment("2020-02-01T08:09:10Z", hoursBehindUtc)}",
        $"1 | 2021-10-01T08:09:20.000000Z | {Moment("1999-01-01T09:00:00Z", hoursBehindUtc)}",
        $"2 | 2021-10-01T08:09:20.000000Z | {Moment("2000-01-01T09:00:00Z", hoursBehindUtc)}",
        $"3 | 1969-01-01T00:00:00.000000Z | {Moment("1969-01-01T00:00:00Z", hoursBehindUtc)}",
        "4 | null | null",
    ]);

    public static Rows Snapshot(int rows, params int[] writes) => new(() =>
        writes.SelectMany(write => Range(0, rows).Select(i => $"{i} | data-{write}-{i}")));

    private static string Even(int i) => i % 2 == 0 ? "true" : "false";

    /// <summary>n · 10^5 + n, as the generator's <c>expand</c>; the scale is applied by the caller.</summary>
    private static Int128 Expand(Int128 n) => (n * 100_000) + n;

    private static string Scaled(Int128 unscaled, int scale)
    {
        string digits = Int128.Abs(unscaled).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        return (Int128.IsNegative(unscaled) ? "-" : "") + digits[..^scale] + "." + digits[^scale..];
    }

    private static string Moment(string utc, int hours) =>
        DateTimeOffset.Parse(utc, CultureInfo.InvariantCulture).AddHours(hours)
            .ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}

using System.Globalization;
using static Fabric.Delta.Tests.Golden.GoldenExpectation;

namespace Fabric.Delta.Tests.Golden;

/// <summary>
/// All tables of delta-io/delta's golden set by name. The rows are what their generator (connectors/golden-tables,
/// GoldenTables.scala) wrote; folders that hold tables of their own appear beside them.
/// </summary>
internal static class GoldenTables
{
    private static readonly Refused NotATable = new(DeltaCode.NotATable);

    public static readonly IReadOnlyDictionary<string, GoldenExpectation> ByName = new Dictionary<string, GoldenExpectation>
    {
        ["124-decimal-decode-bug"] = Lines("1000000"),
        ["125-iterator-bug"] = Lines("1", "2", "3", "4", "5"),
        ["basic-decimal-table"] = GoldenRows.BasicDecimal,
        ["basic-decimal-table-legacy"] = GoldenRows.BasicDecimal,
        ["basic-with-inserts-deletes-checkpoint"] =
            new Rows(() => Range(0, 66).Where(i => i >= 50 || i % 10 < 5).Select(Text)),
        ["basic-with-inserts-merge"] = new Rows(() =>
            Range(10, 50).Select(i => $"{i} | val={i}").Concat(Range(50, 100).Select(i => $"{i} | N/A"))
                .Concat(Range(100, 150).Select(i => $"{i} | EXT"))),
        ["basic-with-inserts-overwrite-restore"] = new Rows(() => Range(0, 200).Select(Text)),
        ["basic-with-inserts-updates"] = new Rows(() => Range(0, 100).Select(i => i < 50 ? $"{i} | N/A" : $"{i} | val={i}")),
        ["basic-with-vacuum-protocol-check-feature"] = Unread("vacuumProtocolCheck"),
        ["canonicalized-paths-normal-a"] = new LogOnly(1, [], ["file:/some/unqualified/absolute/path"]),
        ["canonicalized-paths-normal-b"] = new LogOnly(1, [], ["file:///some/unqualified/absolute/path"]),
        ["canonicalized-paths-special-a"] = new LogOnly(1, [], ["file:/some/unqualified/with%20space/p@%23h"]),
        ["canonicalized-paths-special-b"] = new LogOnly(1, [], ["file:///some/unqualified/with%20space/p@%23h"]),
        ["checkpoint"] = new LogOnly(14, ["15"], [.. Range(1, 15).Select(Text)]),
        ["collations-preview-table"] = Lines(),
        ["collations-table"] = Lines(),
        ["commit-info-containing-arbitrary-operationParams-types"] = Lines("1 | 1", "2 | 2"),
        ["corrupted-last-checkpoint"] = new LogOnly(10, [.. Range(0, 11).Select(Text)], []),
        ["corrupted-last-checkpoint-kernel"] = new Rows(() => Range(0, 100).Select(Text)),
        ["data-reader-absolute-paths-escaped-chars"] = new Refused(DeltaCode.StateIncomplete),
        ["data-reader-array-complex-objects"] = GoldenRows.ArrayComplexObjects,
        ["data-reader-array-primitives"] = GoldenRows.ArrayPrimitives,
        ["data-reader-date-types-America"] = NotATable,
        ["data-reader-date-types-America/Los_Angeles"] = Lines("2020-01-01T16:09:10.000000Z | 2020-01-01"),
        ["data-reader-date-types-Asia"] = NotATable,
        ["data-reader-date-types-Asia/Beirut"] = Lines("2020-01-01T06:09:10.000000Z | 2020-01-01"),
        ["data-reader-date-types-Etc"] = NotATable,
        ["data-reader-date-types-Etc/GMT+9"] = Lines("2020-01-01T17:09:10.000000Z | 2020-01-01"),
        ["data-reader-date-types-Iceland"] = Lines("2020-01-01T08:09:10.000000Z | 2020-01-01"),
        ["data-reader-date-types-JST"] = Lines("2019-12-31T23:09:10.000000Z | 2020-01-01"),
        ["data-reader-date-types-PST"] = Lines("2020-01-01T16:09:10.000000Z | 2020-01-01"),
        ["data-reader-date-types-UTC"] = Lines("2020-01-01T08:09:10.000000Z | 2020-01-01"),
        ["data-reader-escaped-chars"] = Lines("foo1 | bar+%21", "foo2 | bar+%22", "foo3 | bar+%23"),
        ["data-reader-map"] = GoldenRows.Maps,
        ["data-reader-nested-struct"] =
            new Rows(() => Range(0, 10).Select(i => $"{{aa: {i}, ab: {i}, ac: {{aca: {i}, acb: {i}}}}} | {i}")),
        ["data-reader-nullable-field-invalid-schema-key"] = Lines("[null, null, null]"),
        ["data-reader-partition-values"] = GoldenRows.PartitionValues,
        ["data-reader-primitives"] = GoldenRows.Primitives,
        ["data-reader-timestamp_ntz"] = Unread("timestampNtz"),
        ["data-reader-timestamp_ntz-id-mode"] = Unread("timestampNtz"),
        ["data-reader-timestamp_ntz-name-mode"] = Unread("timestampNtz"),
        ["data-skipping-basic-stats-all-types"] = GoldenRows.AllStatsTypes,
        ["data-skipping-basic-stats-all-types-checkpoint"] = GoldenRows.AllStatsTypes,
        ["data-skipping-basic-stats-all-types-columnmapping-id"] = GoldenRows.AllStatsTypes,
        ["data-skipping-basic-stats-all-types-columnmapping-name"] = GoldenRows.AllStatsTypes,
        ["data-skipping-change-stats-collected-across-versions"] = Lines("0 | 0", "0 | 0", "0 | 0"),
        ["data-skipping-partition-and-data-column"] = Lines("1 | 0", "1 | 1", "0 | 1", "0 | 0"),
        ["decimal-various-scale-precision"] = new Summary(
            "SELECT count(*), count(decimal_4_0), count(decimal_38_36), min(decimal_4_0), max(decimal_4_0), max(decimal_15_0) FROM t",
            "3 | 2 | 2 | -13 | 4 | 481"),
        ["delete-re-add-same-file-different-transactions"] = new LogOnly(3, ["foo", "bar"], []),
        ["deltalog-commit-info"] = new LogOnly(0, ["abc"], []),
        ["deltalog-getChanges"] = new LogOnly(2, [], ["fake/path/1"]),
        ["deltalog-invalid-protocol-version"] = Unread("minReaderVersion=99"),
        ["deltalog-state-reconstruction-from-checkpoint-missing-metadata"] = new Refused(DeltaCode.StateIncomplete),
        ["deltalog-state-reconstruction-from-checkpoint-missing-protocol"] = new Refused(DeltaCode.StateIncomplete),
        ["deltalog-state-reconstruction-without-metadata"] = new Refused(DeltaCode.StateIncomplete),
        ["deltalog-state-reconstruction-without-protocol"] = new Refused(DeltaCode.StateIncomplete),
        ["dv-partitioned-with-checkpoint"] = Unread("deletionVectors"),
        ["dv-with-columnmapping"] = Unread("deletionVectors"),
        ["hive"] = NotATable,
        ["hive/deltatbl-column-names-case-insensitive"] = GoldenRows.HivePairs,
        ["hive/deltatbl-deleted-path"] = GoldenRows.HivePairs,
        ["hive/deltatbl-incorrect-format-config"] = GoldenRows.HivePairs,
        ["hive/deltatbl-map-types-correctly"] = Lines(
            "97 | 0x6263 | true | 4 | 5 | foo | 6 | 7 | 8 | 1970-01-01 | 1970-01-01T16:40:00.000000Z | 12345.678900000000794535 | "
            + "[foo, bar] | <foo: 123> | {f1: foo, f2: 456}"),
        ["hive/deltatbl-non-partitioned"] = GoldenRows.HivePairs,
        ["hive/deltatbl-not-allow-write"] = GoldenRows.HivePairs,
        ["hive/deltatbl-partition-prune"] = Lines(
            "hz | 20180520 | Jim | 3", "hz | 20180718 | Jone | 7", "bj | 20180520 | Trump | 1", "sh | 20180512 | Jay | 4",
            "sz | 20181212 | Linda | 8"),
        ["hive/deltatbl-partitioned"] = GoldenRows.HivePairs,
        ["hive/deltatbl-schema-match"] = new Rows(() => Range(0, 10).Select(i => $"{i} | foo{i % 2} | test{i % 3}")),
        ["hive/deltatbl-special-chars-in-partition-column"] = new Rows(() => Range(0, 10).Select(i => $"{i} | + =%{i % 2}")),
        ["hive/deltatbl-touch-files-needed-for-partitioned"] = GoldenRows.HivePairs,
        ["kernel-timestamp-INT96"] = GoldenRows.Timestamps(0),
        ["kernel-timestamp-PST"] = GoldenRows.Timestamps(8),
        ["kernel-timestamp-TIMESTAMP_MICROS"] = GoldenRows.Timestamps(0),
        ["kernel-timestamp-TIMESTAMP_MILLIS"] = GoldenRows.Timestamps(0),
        ["kernel-timestamp-partition-col-ISO8601"] = Lines(
            "2024-01-01 10:00:00 | 2024-01-01T10:00:00.000000Z", "2024-01-02 12:30:00 | 2024-01-02T12:30:00.000000Z"),
        ["log-replay-dv-key-cases"] = Unread("deletionVectors"),
        ["log-replay-latest-metadata-protocol"] = new Rows(() =>
            Range(0, 20).Select(i => $"{i} | null").Concat(Range(0, 20).Select(i => $"{i} | {i % 2}"))),
        ["log-replay-special-characters"] = new LogOnly(1, [], ["special%20p@%23h"]),
        ["log-replay-special-characters-a"] = new LogOnly(1, [], ["special%20p@%23h"]),
        ["log-replay-special-characters-b"] = new LogOnly(0, ["special%20p@%23h"], []),
        ["log-store-listFrom"] = NotATable,
        ["log-store-read"] = NotATable,
        ["multi-part-checkpoint"] = new Rows(() => Range(0, 30).Append(0).Select(Text)),
        ["no-delta-log-folder"] = NotATable,
        ["only-checkpoint-files"] = new Rows(() => Range(5, 10).Concat(Range(0, 20)).Select(Text)),
        ["parquet-all-types"] = Unread("timestampNtz"),
        ["parquet-all-types-legacy-format"] = Unread("timestampNtz"),
        ["parquet-decimal-dictionaries"] = GoldenRows.DecimalDictionaries,
        ["parquet-decimal-dictionaries-v1"] = new LogOnly(
            0, ["part-00000-92f97f0b-304f-4587-9d25-088cb386fa64-c000.snappy.parquet"], []), // its file is not in the set
        ["parquet-decimal-dictionaries-v2"] = GoldenRows.DecimalDictionaries,
        ["parquet-decimal-type"] = GoldenRows.DecimalType,
        ["snapshot-data0"] = GoldenRows.Snapshot(10, 0),
        ["snapshot-data1"] = GoldenRows.Snapshot(10, 0, 1),
        ["snapshot-data2"] = GoldenRows.Snapshot(10, 2),
        ["snapshot-data2-deleted"] = GoldenRows.Snapshot(20, 3),
        ["snapshot-data3"] = new Rows(() =>
            Range(0, 10).Select(i => $"{i} | data-2-{i}").Concat(Range(0, 20).Select(i => $"{i} | data-3-{i}"))),
        ["snapshot-repartitioned"] = GoldenRows.Snapshot(20, 3),
        ["snapshot-vacuumed"] = GoldenRows.Snapshot(20, 3),
        ["spark-variant-checkpoint"] = Unread("variantType-preview"),
        ["table-with-columnmapping-mode-id"] = GoldenRows.ColumnMapping,
        ["table-with-columnmapping-mode-name"] = GoldenRows.ColumnMapping,
        ["table-with-icebegCompatV2Enabled"] = GoldenRows.ColumnMapping,
        ["time-travel-partition-changes-a"] = new Rows(() => Range(0, 10).Select(i => $"{i} | {i % 5}")),
        ["time-travel-partition-changes-b"] = new Rows(() => Range(10, 20).Select(i => $"{i} | {i % 2}")),
        ["time-travel-schema-changes-a"] = new Rows(() => Range(0, 10).Select(Text)),
        ["time-travel-schema-changes-b"] = new Rows(() => Range(0, 20).Select(i => i < 10 ? $"{i} | null" : $"{i} | {i}")),
        ["time-travel-start"] = new Rows(() => Range(0, 10).Select(Text)),
        ["time-travel-start-start20"] = new Rows(() => Range(0, 20).Select(Text)),
        ["time-travel-start-start20-start40"] = new Rows(() => Range(0, 30).Select(Text)),
        ["type-widening"] = Unread("timestampNtz", "typeWidening-preview"),
        ["type-widening-nested"] = Unread("typeWidening-preview"),
        ["update-deleted-directory"] = new LogOnly(0, [.. Range(1, 11).Select(Text)], []),
        ["v2-checkpoint-json"] = Unread("v2Checkpoint"),
        ["v2-checkpoint-parquet"] = Unread("v2Checkpoint"),
        ["versions-not-contiguous"] = new Refused(DeltaCode.VersionsNotContiguous),
    };

    internal static IEnumerable<int> Range(int from, int to) => Enumerable.Range(from, to - from);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static Rows Lines(params string[] rows) => new(() => rows);

    private static Refused Unread(params string[] features) => new(DeltaCode.ReadUnsupported, features);
}

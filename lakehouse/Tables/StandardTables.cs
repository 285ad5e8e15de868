using Fabric.Avro;
using Fabric.Core.Columns;

namespace Fabric.Lakehouse.Tables;

/// <summary>The tables every fabric has, with the columns of DESIGN §4.</summary>
public static class StandardTables
{
    /// <summary>Their names, which are their topics' too.</summary>
    public static readonly IReadOnlyList<string> Names = ["raw", "telemetry", "drift", "lineage", "quarantine", "audit"];

    /// <exception cref="ArgumentOutOfRangeException">The name is none of <see cref="Names"/>.</exception>
    public static TableDefinition Create(string name, string fabric, FlushPolicy flush) => name switch
    {
        "raw" => Standard(name, fabric, Raw, "observed_at", "received_at", flush),
        "telemetry" => Standard(name, fabric, Telemetry, "observed_at", "received_at", flush),
        "drift" => Standard(name, fabric, Drift, "window_start", null, flush),
        "lineage" => Standard(name, fabric, Lineage, "event_time", null, flush) with { EmitsLineage = false },
        "quarantine" => Standard(name, fabric, Quarantine, "quarantined_at", null, flush),
        "audit" => Standard(name, fabric, Audit, "occurred_at", null, flush) with { EmitsLineage = false },
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No such standard table"),
    };

    private static TableDefinition Standard(
        string name, string fabric, ColumnMapping mapping, string time, string? received, FlushPolicy flush) =>
        new(name, $"{fabric}.{name}", mapping, mapping.Explode, time, received, TablePartitioning.Date, flush);

    private static ColumnMapping Raw { get; } = new(
        [
            Text("node", "node"), Text("source", "source"), Text("device", "device"), Long("sequence", "sequence"),
            Time("received_at", "receivedAt"), Text("delivery", "delivery"), Text("point", "samples.point"),
            Text("type", "samples.type"), Time("observed_at", "samples.observedAt"), Text("clock", "samples.clock"),
            .. Values(), Text("quality", "samples.quality"), Text("status", "samples.status"), Text("unit", "samples.unit"),
        ],
        "samples");

    private static ColumnMapping Telemetry { get; } = new(
        [
            Text("asset", "asset"), Text("model", "model"), Text("path", "path"), Text("signal", "samples.signal"),
            Time("observed_at", "samples.observedAt"), Time("received_at", "receivedAt"),
            new ColumnSource(new ColumnField("number", ColumnType.Double), "samples.number"),
            .. Values()[1..], Text("unit", "samples.unit"), Text("quality", "samples.quality"),
            Text("status", "samples.status"), Text("flags", "samples.flags"), Text("source", "source"),
            Text("device", "device"), Long("sequence", "sequence"), Long("context_version", "contextVersion"),
            new ColumnSource(new ColumnField("raw_partition", ColumnType.Int32), "raw.partition"),
            Long("raw_offset", "raw.offset"), new ColumnSource(new ColumnField("raw_index", ColumnType.Int32), "samples.index"),
        ],
        "samples");

    private static ColumnMapping Drift { get; } = new(
        [
            Text("drift", "drift"), Text("asset", "asset"), Text("signal", "signal"), Time("window_start", "windowStart"),
            Time("window_end", "windowEnd"), Text("baseline", "baseline"), Long("n_ref", "nRef"), Long("n_cur", "nCur"),
            Double("d", "d"), Double("p", "p"), Double("effect", "effect"), Double("alpha", "alpha"),
            Text("verdict", "verdict"), new ColumnSource(new ColumnField("input_partition", ColumnType.Int32), "inputPartition"),
            Long("first_offset", "firstOffset"), Long("last_offset", "lastOffset"),
            new ColumnSource(new ColumnField("revision", ColumnType.Int32), "revision"), Text("completeness", "completeness"),
        ]);

    private static ColumnMapping Lineage { get; } = new(
        [
            Time("event_time", "eventTime"), Text("event_type", "eventType"), Text("run_id", "runId"),
            Text("job_namespace", "jobNamespace"), Text("job_name", "jobName"), Text("event", "event"),
        ]);

    // Without the bytes: they stay on the topic, encrypted.
    private static ColumnMapping Quarantine { get; } = new(
        [
            Text("node", "node"), Text("component", "component"), Text("rule", "rule"), Text("reason", "reason"),
            Time("quarantined_at", "quarantinedAt"), Text("source", "source"), Text("device", "device"),
            Text("origin", "origin"), Text("topic", "topic"),
            new ColumnSource(new ColumnField("partition", ColumnType.Int32), "partition"), Long("offset", "offset"),
            new ColumnSource(new ColumnField("schema_id", ColumnType.Int32), "schemaId"), Text("key_id", "keyId"),
            Long("payload_size", "payloadSize"), Text("spill", "spill"),
        ]);

    private static ColumnMapping Audit { get; } = new(
        [
            Time("occurred_at", "occurredAt"), Text("node", "node"), Text("host", "host"), Text("actor", "actor"),
            Text("action", "action"), Text("subject", "subject"), Text("reason", "reason"),
        ]);

    private static ColumnSource[] Values() =>
    [
        Double("value_double", "samples.value.double"), Long("value_long", "samples.value.long"),
        Text("value_text", "samples.value.string"),
        new(new ColumnField("value_bool", ColumnType.Boolean), "samples.value.boolean"),
        new(new ColumnField("value_bytes", ColumnType.Binary), "samples.value.bytes"),
    ];

    private static ColumnSource Text(string name, string path) => new(new ColumnField(name, ColumnType.Text), path);

    private static ColumnSource Long(string name, string path) => new(new ColumnField(name, ColumnType.Int64), path);

    private static ColumnSource Double(string name, string path) => new(new ColumnField(name, ColumnType.Double), path);

    private static ColumnSource Time(string name, string path) => new(new ColumnField(name, ColumnType.Timestamp), path);
}

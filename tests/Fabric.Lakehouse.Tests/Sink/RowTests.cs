using System.Globalization;
using Fabric.Delta;
using Fabric.Lakehouse.Tables;
using Fabric.Lakehouse.Tests.World;
using Fabric.Schemas;

namespace Fabric.Lakehouse.Tests.Sink;

/// <summary>Records in, rows out: every value and every column as DESIGN §4 says.</summary>
[Collection("broker")]
public sealed class RowTests(BrokerFixture broker) : IDisposable
{
    private readonly SinkWorld _world = new(broker);

    public void Dispose() => _world.Dispose();

    [SkippableFact]
    public async Task Raw_every_kind_of_value_is_bit_equal_in_sql_and_to_the_judge()
    {
        await _world.CreateTopicsAsync(2, "raw");
        Observation observation = Observations.Of(7, Observations.Awkward);
        observation.Samples[3].Status = "0x80";
        observation.Samples[3].Unit = "°C";
        observation.Samples[3].Quality = Quality.Uncertain;
        _world.Write("raw", 1, _world.Encode("raw", observation));
        await RunUntilAsync("raw", 0, partition: 1);

        List<object?[]> rows = await _world.QueryAsync("SELECT * FROM raw ORDER BY _index", "raw");
        Assert.Equal(Observations.Awkward.Select((value, i) => Expected(observation, value, i)), rows.Select(RowText.Of));
        Snapshot snapshot = (await _world.LoadAsync("raw"))!;
        Assert.Equal(
            ["date", "node", "source", "device", "sequence", "received_at", "delivery", "point", "type", "observed_at", "clock",
                "value_double", "value_long", "value_text", "value_bool", "value_bytes", "quality", "status", "unit", "_topic",
                "_partition", "_offset", "_index"],
            snapshot.Schema.Fields.Select(field => field.Name));
        (_, List<string> judged) = await RowText.JudgeAsync(Path.Combine(_world.LakeFolder, "raw"));
        Assert.Equal(rows.Select(RowText.Of).Order(StringComparer.Ordinal), judged);
    }

    [Fact]
    public async Task Date_is_of_the_observation_or_of_the_receipt_when_the_clock_is_suspect()
    {
        await _world.CreateTopicsAsync(1, "raw");
        long[] offsets =
        [
            0, Observations.MicrosPerDay, Observations.MicrosPerDay + 1, -400 * Observations.MicrosPerDay,
            (-400 * Observations.MicrosPerDay) - 1, -86_400, long.MaxValue - Observations.Moment - 1, -Observations.Moment,
            long.MinValue + Observations.Moment,
        ];
        foreach (long offset in offsets)
        {
            Observation observation = Observations.Of(0, 1.0);
            observation.Samples[0].ObservedAtMicros = Observations.Moment + offset;
            _world.Write("raw", 0, _world.Encode("raw", observation));
        }

        await RunUntilAsync("raw", 2 * (offsets.Length - 1));
        List<object?[]> rows = await _world.QueryAsync(
            "SELECT CAST(date AS VARCHAR), epoch_us(observed_at) FROM raw ORDER BY _offset", "raw");
        Assert.Equal(
            ["2026-03-04", "2026-03-05", "2026-03-04", "2025-01-28", "2026-03-04", "2026-03-04", "2026-03-04", "2026-03-04",
                "2026-03-04"],
            rows.Select(row => row[0]));
        Assert.Equal(offsets.Select(offset => (object?)(Observations.Moment + offset)), rows.Select(row => row[1]));
    }

    [Fact]
    public async Task Telemetry_has_the_columns_of_the_model()
    {
        await _world.CreateTopicsAsync(1, "telemetry");
        var observation = new AssetObservation
        {
            Asset = "pump1", Model = "Pump", Path = "e/s/a/l/c/pump1", ContextVersion = 12, Source = "s", Device = "d", Sequence = 5,
            ReceivedAtMicros = Observations.Moment, Delivery = Delivery.Live,
        };
        (observation.Raw.Topic, observation.Raw.Partition, observation.Raw.Offset) = ("f.raw", 3, 99);
        var sample = new SignalSample
        {
            Signal = "vibration", Index = 4, Value = 7L, Number = 0.007, Unit = "m/s2", ObservedAtMicros = Observations.Moment,
            Clock = Clock.Server, Quality = Quality.Good, Status = "ok",
        };
        sample.Flags.Add(SampleFlag.Late);
        sample.Flags.Add(SampleFlag.Converted);
        observation.Samples.Add(sample);
        observation.Samples.Add(new SignalSample { Signal = "text", Value = "on", ObservedAtMicros = Observations.Moment });
        _world.Write("telemetry", 0, _world.Encode("telemetry", observation));
        await RunUntilAsync("telemetry", 0);

        List<object?[]> rows = await _world.QueryAsync(
            """
            SELECT CAST(date AS VARCHAR), asset, model, path, signal, epoch_us(observed_at), epoch_us(received_at), number,
              value_text, value_long, value_bool, unit, quality, status, flags, source, device, sequence, context_version,
              raw_partition, raw_offset, raw_index, _topic, _partition, _offset, _index
            FROM telemetry ORDER BY _index
            """, "telemetry");
        string topic = _world.Topic("telemetry");
        Assert.Equal(
            [
                $"2026-03-04 | pump1 | Pump | e/s/a/l/c/pump1 | vibration | {Observations.Moment} | {Observations.Moment} | "
                    + $"{RowText.Of(0.007)} | null | 7 | null | m/s2 | GOOD | ok | LATE,CONVERTED | s | d | 5 | 12 | 3 | 99 | 4 | "
                    + $"{topic} | 0 | 0 | 0",
                $"2026-03-04 | pump1 | Pump | e/s/a/l/c/pump1 | text | {Observations.Moment} | {Observations.Moment} | "
                    + $"null | on | null | null | null | GOOD | null |  | s | d | 5 | 12 | 3 | 99 | 0 | {topic} | 0 | 0 | 1",
            ],
            rows.Select(RowText.Of));
    }

    [Fact]
    public async Task Drift_and_lineage_have_their_columns()
    {
        await _world.CreateTopicsAsync(1, "drift");
        _world.Write("drift", 0, _world.Encode("drift", new DriftResult
        {
            Drift = "v", Asset = "a", Signal = "s", WindowStartMicros = Observations.Moment, WindowEndMicros = Observations.Moment + 1,
            Baseline = "b@3", NRef = 300, NCur = 60, D = 0.25, P = 1e-300, Effect = -0.5, Alpha = 0.01, Verdict = DriftVerdict.Drift,
            FirstOffset = 10, LastOffset = 20, InputPartition = 2, Completeness = Completeness.Watermark,
        }));
        await RunUntilAsync("drift", 0);
        Assert.Equal(
            $"2026-03-04 | a | s | {Observations.Moment} | b@3 | 300 | 60 | {RowText.Of(0.25)} | {RowText.Of(1e-300)} | "
                + $"{RowText.Of(-0.5)} | DRIFT | 10 | 20",
            RowText.Of((await _world.QueryAsync(
                """
                SELECT CAST(date AS VARCHAR), asset, signal, epoch_us(window_start), baseline, n_ref, n_cur, d, p, effect, verdict,
                  first_offset, last_offset FROM drift
                """, "drift"))[0]));

        // The commit told its lineage, which is a table too and tells nothing of itself.
        await RunUntilAsync("lineage", 1);
        List<object?[]> events = await _world.QueryAsync(
            "SELECT event_type, job_name, json_extract_string(event, '$.run.runId') = run_id FROM lineage ORDER BY _offset", "lineage");
        Assert.Equal(["START | sink.drift | true", "COMPLETE | sink.drift | true"], events.Select(RowText.Of));
        Assert.Equal(2, _world.ReadTopic("lineage").Count);
    }

    [Fact]
    public async Task Files_carry_where_their_rows_came_from()
    {
        await _world.CreateTopicsAsync(1, "telemetry");
        foreach (long version in new long[] { 12, 14 })
        {
            var observation = new AssetObservation { ContextVersion = version, ReceivedAtMicros = Observations.Moment };
            observation.Samples.Add(new SignalSample { Signal = "s", ObservedAtMicros = Observations.Moment });
            _world.Write("telemetry", 0, _world.Encode("telemetry", observation));
        }

        TableDefinition table = _world.Table("telemetry", SinkWorld.Flush(rows: 2, seconds: 600));
        Fabric.Lakehouse.Sink.SinkServices services = _world.Services() with
        {
            TopologyHashes = new Dictionary<string, string> { [_world.Topic("telemetry")] = "abc" },
        };
        await using (RunningSink sink = _world.Start(table, services).Go())
        {
            await _world.WaitForOffsetAsync("telemetry", 2);
        }

        Snapshot snapshot = (await _world.LoadAsync("telemetry"))!;
        Fabric.Delta.Actions.AddAction file = Assert.Single(snapshot.Files);
        string path = Path.Combine(_world.LakeFolder, "telemetry", snapshot.RelativePath(file));
        Assert.Equal(
            new Dictionary<string, string?>
            {
                ["fabric.topic"] = _world.Topic("telemetry"), ["fabric.offsets"] = """{"0":[0,2]}""", ["fabric.schemaIds"] = "1",
                ["fabric.contextVersion"] = "12-14", ["fabric.topologyHash"] = "abc",
                ["fabric.runId"] = Fabric.Governance.Lineage.LineageRunId.OfCommit(snapshot.Metadata.Id, snapshot.Version).ToString(),
                ["fabric.sha256"] = Convert.ToHexStringLower(
                    System.Security.Cryptography.SHA256.HashData(await File.ReadAllBytesAsync(path))),
            },
            file.Tags);
        string info = (await _world.Open("telemetry").HistoryAsync(1, default))[0].Info!.Json;
        Assert.Contains(file.Tags!["fabric.runId"]!, info, StringComparison.Ordinal);
        Assert.Contains("\"contextVersion\":\"12-14\"", info, StringComparison.Ordinal);
    }

    private async Task RunUntilAsync(string table, long offset, int partition = 0)
    {
        await using RunningSink sink = _world.Start(_world.Table(table)).Go();
        await _world.WaitForOffsetAsync(table, offset, partition);
        await sink.StopAsync();
    }

    private string Expected(Observation observation, SampleValue value, int index)
    {
        Sample sample = observation.Samples[index];
        string time = Observations.Moment % 1_000_000 == 891_011 ? "2026-03-04T05:06:07.891018Z" : "";
        return RowText.Of(
        [
            "2026-03-04", "n", "s", "d", "7", time, "LIVE", $"p{index}", "t", time, "DEVICE",
            value.Kind == SampleValueKind.Double ? value.AsDouble() : null,
            value.Kind == SampleValueKind.Long ? value.AsLong() : null,
            value.Kind == SampleValueKind.String ? value.AsString() : null,
            value.Kind == SampleValueKind.Boolean ? value.AsBoolean() : null,
            value.Kind == SampleValueKind.Bytes ? value.AsBytes() : null,
            sample.Quality.ToString().ToUpperInvariant(), sample.Status, sample.Unit, _world.Topic("raw"), "1", "0",
            index.ToString(CultureInfo.InvariantCulture),
        ]);
    }
}

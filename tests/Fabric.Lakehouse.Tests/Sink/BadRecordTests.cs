using System.Text;
using Fabric.Avro;
using Fabric.Avro.Registry;
using Fabric.Core.Health;
using Fabric.Lakehouse.Tests.World;
using Fabric.Schemas;

namespace Fabric.Lakehouse.Tests.Sink;

/// <summary>One bad record never stops a table: it goes to quarantine with its reason, and the table goes on behind it.</summary>
[Collection("broker")]
public sealed class BadRecordTests(BrokerFixture broker) : IDisposable
{
    private readonly SinkWorld _world = new(broker);

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Undecodable_and_unknown_go_to_quarantine_tombstones_and_empty_ones_are_passed_over()
    {
        await _world.CreateTopicsAsync(1, "raw");
        byte[] good = _world.Encode("raw", Observations.Of(0, 1L));
        byte[] notARecord = Framed(await RegisterAsync("\"long\""), 2);
        byte[] withoutSamples = Framed(await RegisterAsync(
            """{"type":"record","name":"R","fields":[{"name":"a","type":"long"}]}"""), 2);
        byte[] otherTypes = Framed(await RegisterAsync(
            """
            {"type":"record","name":"S","fields":[{"name":"samples","type":{"type":"array","items":{"type":"record","name":"T",
              "fields":[{"name":"observedAt","type":"string"}]}}}]}
            """), 2, 2, (byte)'x', 0);
        byte[] truncated = good[..^3];
        byte[] trailing = [.. good, 0];
        _world.Write(
            "raw", 0, good, [], [1, 2, 3], Encoding.UTF8.GetBytes("{\"json\": true}"), Framed(4711, 1), truncated, trailing, notARecord,
            withoutSamples, otherTypes, null, _world.Encode("raw", Observations.Of(1)), _world.Encode("raw", Observations.Of(2, 2L)));
        await using RunningSink sink = _world.Start(_world.Table("raw")).Go();
        await _world.WaitForOffsetAsync("raw", 12);

        Assert.Equal(
            ["0 | 1", "12 | 2"],
            (await _world.QueryAsync("SELECT _offset, value_long FROM raw ORDER BY _offset", "raw")).Select(RowText.Of));
        List<QuarantinedRecord> quarantined = _world.ReadTopic<QuarantinedRecord>("quarantine");
        Assert.Equal(
            [
                (1, "AVRO_FRAME_TOO_SHORT", 0), (2, "AVRO_FRAME_TOO_SHORT", 0), (3, "AVRO_FRAME_BAD_MAGIC", 0),
                (4, RegistryCode.Unknown, 4711), (5, AvroErrors.Truncated, 1), (6, AvroErrors.Trailing, 1), (7, AvroErrors.Mapping, 2),
                (8, AvroErrors.Mapping, 3), (9, AvroErrors.Mapping, 4),
            ],
            quarantined.Select(record => ((int)record.Offset!, record.Rule, record.SchemaId ?? 0)));
        Assert.All(quarantined, record => Assert.Equal(
            ("n1", "sink:raw", _world.Topic("raw"), 0), (record.Node, record.Component, record.Topic, record.Partition)));
        Assert.DoesNotContain(quarantined, record => record.Reason.Contains("json", StringComparison.Ordinal));

        // They are a table too, without their bytes.
        await using RunningSink quarantine = _world.Start(_world.Table("quarantine")).Go();
        await _world.WaitForOffsetAsync("quarantine", 8);
        Assert.Equal(
            [4L, "SCHEMA_UNKNOWN", 4711],
            (await _world.QueryAsync(
                """SELECT "offset", rule, schema_id FROM quarantine WHERE "offset" = 4""", "quarantine"))[0]);
    }

    [Fact]
    public async Task Registry_away_waits_with_its_status_told_and_quarantines_nothing()
    {
        await _world.CreateTopicsAsync(1, "raw");
        _world.Write("raw", 0, _world.Encode("raw", Observations.Of(0, 1L)));
        foreach (string code in new[] { RegistryCode.Unavailable, RegistryCode.Refused })
        {
            _world.Registry.Failure = new RegistryException(code, "the registry is away", isRetriable: code == RegistryCode.Unavailable);
            await using RunningSink sink = _world.Start(_world.Table("raw")).Go();
            await _world.Signal.WaitUntilAsync(
                () => _world.Status.Reports.Any(report => report.State == HealthState.Reconnecting
                    && report.Cause.Contains("the registry is away", StringComparison.Ordinal)),
                () => _world.Logs.Text);
            Assert.Null(await _world.LoadAsync("raw"));
        }

        _world.Registry.Failure = null;
        await using RunningSink mended = _world.Start(_world.Table("raw")).Go();
        await _world.WaitForOffsetAsync("raw", 0);
        Assert.Empty(_world.ReadTopic("quarantine"));
    }

    private Task<int> RegisterAsync(string schema) =>
        _world.Registry.RegisterAsync("raw-value", Schema.Parse(schema), default).AsTask();

    private static byte[] Framed(int id, params byte[] body) =>
        [0, (byte)(id >> 24), (byte)(id >> 16), (byte)(id >> 8), (byte)id, .. body];
}

using Fabric.Connectors.Runner;
using Fabric.Core.Health;
using Fabric.Schemas;

namespace Fabric.Connectors.Tests.Runner;

/// <summary>One record that is too large never stops a plant: it goes to quarantine, its bytes to a file, and the rest goes on.</summary>
public sealed class OversizeTests : IDisposable
{
    private readonly ConnectorWorld _world = new();
    private readonly ScriptedDevice _device = new(perBatch: 4);

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData("client")]
    [InlineData("topic")]
    public async Task Observation_beyond_what_is_taken_is_quarantined_and_the_rest_goes_on(string refusedBy)
    {
        Limit(refusedBy, 100_000);
        _device.Say(Text(10), Text(150_000), Text(20_000), Text(300_000), Text(30));
        await using RunningConnector connector = _world.Start(_device);
        await _device.WhenAcknowledgedAsync(5, () => _world.Logs.Text);

        Assert.Equal([10, 20_000, 30], _world.Raw().Select(observation => observation.Samples[0].Value.AsString().Length));
        _world.AssertSequences(quarantined: [1, 3]);
        List<QuarantinedRecord> records = _world.Quarantine();
        Assert.Equal(2, records.Count);
        Assert.All(records, record => Assert.Equal(("OBSERVATION_TOO_LARGE", "d"), (record.Rule, record.Device)));
        Assert.All(records, record => Assert.True(_world.Records.Reveal(record)!.Value.Payload.Length > 100_000));
    }

    [Theory]
    [InlineData("client")]
    [InlineData("topic")]
    public async Task Rejected_payload_beyond_what_is_taken_goes_to_a_file(string refusedBy)
    {
        Limit(refusedBy, 100_000);
        byte[] payload = [.. Enumerable.Range(0, 200_000).Select(n => (byte)n)];
        _device.Say(Text(10), batch => batch.Rejections.Add(new Rejection("RULE", "reason", null, "origin", payload)));
        await using RunningConnector connector = _world.Start(_device);
        await _device.WhenAcknowledgedAsync(2, () => _world.Logs.Text);

        QuarantinedRecord record = Assert.Single(_world.Quarantine());
        Assert.Null(record.Payload);
        Assert.Equal(payload, _world.Records.Reveal(record)!.Value.Payload);
        Assert.Single(_world.Raw());
    }

    [Fact]
    public async Task Topic_that_takes_nothing_is_told_and_nothing_is_acknowledged()
    {
        _world.Kafka.TopicBytesMax = 10;
        _device.Say(Text(10));
        await using RunningConnector connector = _world.Start(_device);
        await _world.Signal.WaitUntilAsync(
            () => _world.Status.Reports.Any(report => report.State == HealthState.Reconnecting), () => _world.Logs.Text);

        Assert.Equal(0, _device.Acknowledged);
        Assert.Empty(_world.Quarantine());
    }

    private static Action<SourceBatch> Text(int length) => ConnectorWorld.Message("d", new string('x', length));

    private void Limit(string refusedBy, int bytesMax)
    {
        if (refusedBy == "client")
        {
            _world.Kafka.ClientBytesMax = bytesMax;
        }
        else
        {
            _world.Kafka.TopicBytesMax = bytesMax;
        }
    }
}

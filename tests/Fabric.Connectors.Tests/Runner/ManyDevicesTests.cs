using Fabric.Avro;
using Fabric.Avro.Registry;
using Fabric.Connectors.Runner;
using Fabric.Kafka.Clients;
using Fabric.Schemas;

namespace Fabric.Connectors.Tests.Runner;

/// <summary>A connector with many devices, some of them made up: what a transaction costs does not grow, and nothing stops.</summary>
public sealed class ManyDevicesTests : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    private readonly ConnectorWorld _world = new();
    private readonly ScriptedDevice _device = new(perBatch: 1);

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Transaction_writes_the_numbers_of_the_devices_it_carries_and_restart_knows_all()
    {
        _device.Say(Devices(0, 1_000), Devices(17, 1));
        await CarryAsync(2);
        List<ConnectorProgress> written = _world.Read<ConnectorProgress>(ConnectorWorld.Identity.ProgressTopic);
        Assert.Equal(1_000 + 1 + 1 + 1, written.Count);
        Assert.All(written, progress => Assert.True(progress.NextSequence.Count <= 1));

        _device.Say(Devices(0, 1_000));
        await CarryAsync(3);
        Assert.Equal(3, _world.NextSequence("d17"));
        Assert.Equal(2, _world.NextSequence("d999"));
        _world.AssertSequences();
    }

    [Fact]
    public async Task Numbers_in_the_connectors_own_record_move_to_their_devices()
    {
        RecordEncoder<ConnectorProgress> encoder = await RecordEncoder<ConnectorProgress>.OpenAsync(
            _world.Registry, ConnectorWorld.Identity.ProgressTopic, default);
        using (encoder)
        using (ITransactionalProducer producer = _world.Kafka.OpenProducer("somebody"))
        {
            producer.InitTransactions(Timeout);
            producer.Begin();
            var stored = new ConnectorProgress { Node = "node", Connector = "line", Epoch = 9, NextSequence = { ["d0"] = 5, ["d1"] = 7 } };
            producer.Produce(ConnectorWorld.Identity.ProgressTopic, null, "node/line"u8, true, encoder.Encode(stored), true);
            producer.Commit(Timeout);
        }

        _device.Say(Devices(0, 1));
        await CarryAsync(1);
        Assert.Equal((9L, 5L), (_world.Raw()[0].Epoch, _world.Raw()[0].Sequence));
        Assert.Empty(_world.Progress().NextSequence);
        Assert.Equal((6, 7), (_world.NextSequence("d0"), _world.NextSequence("d1")));
    }

    [Fact]
    public async Task Device_beyond_the_bound_is_quarantined_and_the_others_go_on()
    {
        _device.Say(Devices(0, DeviceSequences.DevicesMax), Devices(DeviceSequences.DevicesMax - 1, 3));
        await CarryAsync(2);

        Assert.Equal(DeviceSequences.DevicesMax + 1, _world.Raw().Count);
        Assert.Equal(1, _world.Raw()[^1].Sequence);
        List<QuarantinedRecord> refused = _world.Quarantine();
        Assert.Equal(2, refused.Count);
        Assert.All(refused, record => Assert.Equal("TOO_MANY_DEVICES", record.Rule));
    }

    private static Action<SourceBatch> Devices(int from, int count) => batch =>
    {
        for (int i = from; i < from + count; i++)
        {
            ConnectorWorld.Fill(batch, $"d{i}", 1L);
        }
    };

    private async Task CarryAsync(int acknowledged)
    {
        await using RunningConnector connector = _world.Start(_device);
        await _device.WhenAcknowledgedAsync(acknowledged, () => _world.Logs.Text);
        await connector.StopAsync();
    }
}

using System.Text;
using Fabric.Connectors.Runner;
using Fabric.Core.Health;
using Fabric.Governance.Privacy;
using Fabric.Governance.Quarantine;
using Fabric.Kafka.Clients;
using Fabric.Schemas;

namespace Fabric.Connectors.Tests.Runner;

/// <summary>What the runner promises each source and each reader (DESIGN §5.1), on Kafka in memory.</summary>
public sealed class ConnectorRunnerTests : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    private readonly ConnectorWorld _world = new();
    private readonly ScriptedDevice _device = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Restart_reads_the_progress_back_and_numbers_go_on()
    {
        await CarryAsync(Values("a", 3));
        ConnectorProgress first = _world.Progress();
        await CarryAsync(Values("a", 2));
        await CarryAsync(Values("b", 1));

        Assert.Equal(["start 0", "start 3", "start 5"], _device.Calls.Where(call => call.StartsWith("start", StringComparison.Ordinal)));
        Assert.Equal(first.Epoch, _world.Progress().Epoch);
        Assert.Equal(5, _world.NextSequence("a"));
        Assert.Equal(1, _world.NextSequence("b"));
        _world.AssertSequences();
        Assert.All(_world.Raw(), observation => Assert.Equal(("node", "line"), (observation.Node, observation.Source)));
    }

    [Fact]
    public async Task Progress_of_others_on_the_same_topic_is_theirs()
    {
        var other = new ScriptedDevice();
        other.Say(Values("a", 7));
        await using (RunningConnector connector = _world.Start(other, ConnectorWorld.Identity with { Name = "other" }))
        {
            await other.WhenAcknowledgedAsync(7, () => _world.Logs.Text);
        }

        await CarryAsync(Values("a", 1));

        Assert.Equal("start 0", _device.Calls[0]);
        Assert.Equal(0, _world.Raw()[^1].Sequence);
    }

    [Fact]
    public async Task Progress_that_cannot_be_read_stops_the_connector_before_it_starts()
    {
        using (ITransactionalProducer producer = _world.Kafka.OpenProducer("somebody"))
        {
            producer.InitTransactions(Timeout);
            producer.Begin();
            producer.Produce(ConnectorWorld.Identity.ProgressTopic, null, "node/line"u8, true, "garbage"u8, true);
            producer.Commit(Timeout);
        }

        await using RunningConnector connector = _world.Start(_device);
        ConnectorException stopped = await Assert.ThrowsAsync<ConnectorException>(() => connector.Running.WaitAsync(Signal.Bound));

        Assert.Equal("PROGRESS_UNREADABLE", stopped.Code);
        Assert.Empty(_device.Calls);
    }

    [Fact]
    public async Task Fenced_by_another_process_nothing_is_acknowledged_that_is_not_durable_and_nothing_doubled()
    {
        _device.Say(Values("a", 1));
        await using RunningConnector first = _world.Start(_device);
        await _device.WhenAcknowledgedAsync(1, () => _world.Logs.Text);
        var second = new ScriptedDevice();
        await using RunningConnector successor = _world.Start(second);
        await second.WhenCalledAsync("start 1");
        _device.Say(Values("a", 1));
        await _device.WhenAcknowledgedAsync(2, () => _world.Logs.Text);

        Assert.Equal(2, _world.Raw().Count);
        _world.AssertSequences();
        Assert.Contains(_world.Status.Reports, report => report.State == HealthState.Reconnecting);
    }

    [Fact]
    public async Task Transaction_that_stood_open_too_long_is_begun_anew()
    {
        int commits = 0;
        _world.Kafka.Fault = operation =>
        {
            if (operation == "commit" && ++commits == 2)
            {
                throw new Fabric.Kafka.KafkaException("FENCED", "the transaction timed out", isFenced: true);
            }
        };
        await CarryAsync(Values("a", 6));

        Assert.Equal(6, _world.Raw().Count);
        _world.AssertSequences();
        Assert.DoesNotContain(_world.Status.Reports, report => report.State == HealthState.Failed);
    }

    [Fact]
    public async Task Fenced_for_the_third_time_the_connector_is_another_process()
    {
        _world.Kafka.Fault = operation =>
        {
            if (operation == "commit")
            {
                throw new Fabric.Kafka.KafkaException("FENCED", "another has the id", isFenced: true);
            }
        };
        _device.Say(Values("a", 1));
        await using RunningConnector connector = _world.Start(_device);
        ConnectorException fenced = await Assert.ThrowsAsync<ConnectorException>(() => connector.Running.WaitAsync(Signal.Bound));

        Assert.Equal("CONNECTOR_FENCED", fenced.Code);
        Assert.Equal(3, _device.Calls.Count(call => call.StartsWith("start", StringComparison.Ordinal)));
        Assert.Equal(0, _device.Acknowledged);
        Assert.Contains(_world.Status.Reports, report => report.State == HealthState.Failed);
    }

    [Fact]
    public async Task Gaps_and_rejections_are_written_with_the_progress_that_goes_with_them()
    {
        var from = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        await CarryAsync(
            batch => batch.Gaps.Add(new SourceGap("SESSION_LOST", from, from.AddSeconds(1), "why")),
            batch => batch.Rejections.Add(new Rejection("RULE", "reason", "d", "origin", [1, 2, 3])));

        Gap gap = Assert.Single(_world.Read<Gap>(ConnectorWorld.Identity.GapsTopic));
        Assert.Equal(("SESSION_LOST", "why", "line", "connector:line"), (gap.Kind, gap.Detail, gap.Source, gap.Component));
        Assert.Equal(from.ToUnixTimeMilliseconds() * 1000, gap.FromMicros);
        Assert.Equal(gap.FromMicros + 1_000_000, gap.ToMicros);
        QuarantinedRecord record = Assert.Single(_world.Quarantine());
        Assert.Equal(("RULE", "reason", "d", "line"), (record.Rule, record.Reason, record.Device, record.Source));
        Assert.Equal([1, 2, 3], record.Payload);
        Assert.Equal("origin"u8.ToArray(), record.OriginalKey);
        Assert.Equal(2, BitConverter.ToInt32(_world.Progress().SourcePosition));
        Assert.Empty(_world.Raw());
    }

    [Fact]
    public async Task Personal_values_are_tokens_before_anything_is_written()
    {
        const string person = "Erika Mustermann", badge = "4711004711";
        var key = new PrivacyKey(Enumerable.Range(0, PrivacyKey.SizeBytes).Select(n => (byte)n).ToArray());
        var tokens = new KeyedSubjectTokens(key);
        _world.Tokens = tokens;
        _world.Records = new QuarantineRecords("node", new PayloadCipher(key), new QuarantineSpill(_world.DataFolder), TimeProvider.System);
        await CarryAsync(
            batch =>
            {
                Observation observation = ConnectorWorld.Fill(batch, person, person);
                observation.Samples[0].Point = person;
                observation.Attributes["who"] = person;
                batch.MarkDevice(observation);
                batch.MarkPoint(observation, 0);
                batch.MarkValue(observation, 0);
                batch.MarkAttribute(observation, "who");
            },
            batch => batch.MarkValue(ConnectorWorld.Fill(batch, "reader", 4711004711L), 0),
            batch => batch.MarkValue(ConnectorWorld.Fill(batch, "reader", badge), 0),
            batch => batch.Rejections.Add(new Rejection("RULE", "reason", null, person, Encoding.UTF8.GetBytes(badge))));

        List<Observation> raw = _world.Raw();
        string token = tokens.Tokenize(person);
        Assert.Equal((token, token), (raw[0].Device, raw[0].Samples[0].Point));
        Assert.Equal((token, token), (raw[0].Samples[0].Value.AsString(), raw[0].Attributes["who"]));
        Assert.Equal(tokens.Tokenize(badge), raw[1].Samples[0].Value.AsString());
        Assert.Equal(raw[1].Samples[0].Value.AsString(), raw[2].Samples[0].Value.AsString());
        string written = string.Concat(new[]
        {
            ConnectorWorld.Identity.RawTopic, ConnectorWorld.Identity.QuarantineTopic, ConnectorWorld.Identity.ProgressTopic,
        }.SelectMany(_world.Read).Select(record => Encoding.Latin1.GetString([.. record.Key ?? [], .. record.Value ?? []])));
        Assert.DoesNotContain("Erika", written + _world.Logs.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(badge, written + _world.Logs.Text, StringComparison.Ordinal);
        Assert.Contains("t1.", written, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_makes_what_was_taken_durable_acknowledges_it_and_closes()
    {
        _world.Clock = TimeProvider.System;
        RunningConnector? connector = null;
        _device.Reading = () => connector!.CancelAsync().Wait();
        await using (connector = _world.Start(_device))
        {
            _device.Say(Values("a", 4));
            await connector.Running.WaitAsync(Signal.Bound);
        }

        Assert.Equal(["start 0", "read 2", "acknowledge 2", "close"], _device.Calls);
        Assert.Equal(2, _world.Raw().Count);
        Assert.Equal(HealthState.Stopped, _world.Status.Reports[^1].State);
        await CarryAsync();
        Assert.Equal(4, _world.Raw().Count);
        _world.AssertSequences();
    }

    [Fact]
    public async Task Stop_while_the_cluster_is_away_ends_and_acknowledges_nothing()
    {
        _world.Kafka.Fault = operation =>
        {
            if (operation == "commit")
            {
                throw new Fabric.Kafka.KafkaException("AWAY", "no answer", isRetriable: true);
            }
        };
        _device.Say(Values("a", 1));
        await using (RunningConnector connector = _world.Start(_device))
        {
            await _world.Signal.WaitUntilAsync(
                () => _world.Status.Reports.Any(report => report.State == HealthState.Reconnecting), () => _world.Logs.Text);
            await connector.StopAsync();
        }

        Assert.Equal(0, _device.Acknowledged);
        Assert.Empty(_world.Raw());
    }

    private static Action<SourceBatch>[] Values(string device, int count) =>
        [.. Enumerable.Range(0, count).Select(n => ConnectorWorld.Message(device, (long)n))];

    /// <summary>One life of the connector: says the messages, waits until all are acknowledged, stops.</summary>
    private async Task CarryAsync(params Action<SourceBatch>[] messages)
    {
        _device.Reading = () => { };
        _device.Say(messages);
        await using RunningConnector connector = _world.Start(_device);
        await _device.WhenAcknowledgedAsync(_device.MessageCount, () => _world.Logs.Text);
        await connector.StopAsync();
    }
}

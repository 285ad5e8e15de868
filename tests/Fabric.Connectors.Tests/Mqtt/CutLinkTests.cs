using Fabric.Connectors.Tests.Runner;
using Fabric.Devices.Mqtt;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Connectors.Tests.Mqtt;

/// <summary>The link to a real mosquitto breaks once, at every packet of a conversation: nothing lost, nothing doubled.</summary>
public sealed class CutLinkTests(ITestOutputHelper output)
{
    private const int StepsMax = 200;

    // Equal values in a row: what is only equal must not be taken for a repetition.
    private static readonly long[] First = [0, 0, 1], Second = [1, 2, 2];

    [SkippableTheory]
    [InlineData(MqttProtocolVersion.V5, QualityOfService.AtLeastOnce)]
    [InlineData(MqttProtocolVersion.V311, QualityOfService.AtLeastOnce)]
    [InlineData(MqttProtocolVersion.V5, QualityOfService.ExactlyOnce)]
    [InlineData(MqttProtocolVersion.V311, QualityOfService.ExactlyOnce)]
    public async Task Link_cut_at_every_packet_loses_and_doubles_nothing(MqttProtocolVersion version, QualityOfService qos)
    {
        await using MosquittoServer mosquitto = await StartAsync();
        var lost = new SortedDictionary<string, int>();
        for (int step = 1; step < StepsMax; step++)
        {
            await using var link = new PacketLink(mosquitto.Port, step);
            await using var world = new MqttWorld(link.Port, version, qos);
            await using (RunningConnector connector = world.Start())
            {
                await world.WhenRunningAsync();
                await world.PublishAsync(mosquitto.Port, qos, "t/d", First);
                await world.WhenValuesAsync(First.Length);
                await world.PublishAsync(mosquitto.Port, qos, "t/d", Second);
                await world.WhenValuesAsync(First.Length + Second.Length);
                await connector.StopAsync();
            }

            // What the broker still holds for the session comes before what is published now.
            await using (RunningConnector connector = world.Start())
            {
                await world.PublishAsync(mosquitto.Port, qos, "t/d", 99);
                await world.WhenValuesAsync(First.Length + Second.Length + 1);
                await connector.StopAsync();
            }

            Assert.True(
                world.Values.SequenceEqual([.. First, .. Second, 99]),
                $"step {step}: {string.Join(", ", world.Values)}\n{link.Trace}\n{world.Fabric.Logs.Text}");
            world.Fabric.AssertSequences();
            Assert.Empty(world.Fabric.Read(ConnectorWorld.Identity.GapsTopic));
            if (link.Lost is null)
            {
                break;
            }

            lost[link.Lost] = lost.GetValueOrDefault(link.Lost) + 1;
        }

        foreach ((string packet, int count) in lost)
        {
            output.WriteLine($"{count,4}  {packet}");
        }

        string[] wanted = qos == QualityOfService.AtLeastOnce
            ? ["to the broker: PUBACK"] : ["to the broker: PUBREC", "to the client: PUBREL", "to the broker: PUBCOMP"];
        Assert.Empty(new[]
        {
            "to the broker: CONNECT", "to the client: CONNACK", "to the broker: SUBSCRIBE", "to the client: SUBACK", "to the client: PUBLISH",
        }.Concat(wanted).Except(lost.Keys));
    }

    /// <summary>At QoS 0 a broken link loses what was on it; it doubles nothing, and what is said afterwards arrives.</summary>
    [SkippableFact]
    public async Task Link_cut_at_every_packet_at_qos_0_doubles_nothing_and_goes_on()
    {
        await using MosquittoServer mosquitto = await StartAsync();
        for (int step = 1; step < StepsMax; step++)
        {
            await using var link = new PacketLink(mosquitto.Port, step);
            await using var world = new MqttWorld(link.Port, qos: QualityOfService.AtMostOnce);
            await using RunningConnector connector = world.Start();
            await world.WhenRunningAsync();
            await world.PublishAsync(mosquitto.Port, QualityOfService.AtMostOnce, "t/d", 0, 1, 2, 3);
            using var bound = new CancellationTokenSource(Signal.Bound);
            using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
            for (long n = 100; !world.Values.Any(value => value >= 100); n++)
            {
                await world.PublishAsync(mosquitto.Port, QualityOfService.AtMostOnce, "t/d", n);
                await again.WaitForNextTickAsync(bound.Token);
            }

            Assert.Equal(world.Values.Distinct().Order(), world.Values);
            world.Fabric.AssertSequences();
            if (link.Lost is null)
            {
                Assert.True(step > 5, "the link was never cut");
                Assert.Equal([0, 1, 2, 3], world.Values.Take(4));
                return;
            }
        }

        Assert.Fail("the conversation did not end");
    }

    private static async Task<MosquittoServer> StartAsync()
    {
        Skip.IfNot(MosquittoServer.Judge.IsPresent, MosquittoServer.Judge.Absent);
        return await MosquittoServer.StartAsync();
    }
}

using Fabric.Connectors.Runner;
using Fabric.Kafka;
using Fabric.Schemas;
using Xunit.Abstractions;

namespace Fabric.Connectors.Tests.Runner;

/// <summary>Kafka fails in every step once, in every way there is: nothing lost, nothing doubled, numbers without a hole.</summary>
public sealed class ConnectorFaultTests(ITestOutputHelper output) : IDisposable
{
    private const int Messages = 8;

    private ConnectorWorld _world = new();

    public void Dispose() => _world.Dispose();

    public static TheoryData<string> Kinds => ["retriable", "abortable", "final"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Kafka_failing_before_an_operation_took_place_loses_and_doubles_nothing(string kind)
    {
        int faults = 0;
        for (int at = 1; await RunAsync(world => FailAt(world, at, kind)); at++)
        {
            faults++;
        }

        output.WriteLine($"{faults} faults");
        Assert.True(faults >= 20, $"Only {faults} operations were reached");
    }

    // Not "abortable": that says that nothing was committed, and Kafka does not say it after a commit.
    [Theory]
    [InlineData("retriable")]
    [InlineData("final")]
    public async Task Commit_failing_after_it_took_place_loses_and_doubles_nothing(string kind)
    {
        for (int at = 1; at <= Messages / 2; at++)
        {
            int count = 0;
            Assert.True(await RunAsync(world =>
            {
                world.Kafka.Committed = () => ThrowAt(at, ref count, kind);
                return () => count >= at;
            }));
        }
    }

    [Fact]
    public async Task Aborts_without_end_end_the_session_and_are_told()
    {
        int commits = 0;
        _world.Kafka.Fault = operation =>
        {
            if (operation == "commit" && Interlocked.Increment(ref commits) <= 12)
            {
                throw Failure("abortable");
            }
        };
        var device = new ScriptedDevice();
        device.Say(ConnectorWorld.Message("d", 1L));
        await using RunningConnector connector = _world.Start(device);
        await device.WhenAcknowledgedAsync(1, () => _world.Logs.Text);

        Assert.Equal(13, commits);
        Assert.Equal(3, device.Calls.Count(call => call.StartsWith("start", StringComparison.Ordinal)));
        Assert.Contains(_world.Status.Reports, report => report.State == Core.Health.HealthState.Reconnecting);
        Assert.Single(_world.Raw());
    }

    [Fact]
    public async Task Disk_that_refuses_a_spilled_payload_ends_the_session_and_acknowledges_nothing()
    {
        File.WriteAllText(_world.DataFolder, "no folder can be made here");
        var device = new ScriptedDevice();
        device.Say(batch => batch.Rejections.Add(new Rejection("R", "r", null, "o", new byte[1_000_000])));
        int aborts = 0;
        _world.Kafka.Fault = operation =>
        {
            // The disk is mended when the transaction was given up for the third time.
            if (operation == "abort" && ++aborts == 3)
            {
                Assert.Equal(0, device.Acknowledged);
                File.Delete(_world.DataFolder);
            }
        };
        await using RunningConnector connector = _world.Start(device);
        await device.WhenAcknowledgedAsync(1, () => _world.Logs.Text);

        QuarantinedRecord record = Assert.Single(_world.Quarantine());
        Assert.NotNull(record.Spill);
    }

    private static Func<bool> FailAt(ConnectorWorld world, int at, string kind)
    {
        int count = 0;
        world.Kafka.Fault = _ => ThrowAt(at, ref count, kind);
        return () => count >= at;
    }

    private static void ThrowAt(int at, ref int count, string kind)
    {
        if (++count == at)
        {
            throw Failure(kind);
        }
    }

    private static KafkaException Failure(string kind) =>
        new("BROKEN", "failed", isRetriable: kind == "retriable", isAbortable: kind == "abortable");

    /// <summary>Carries all messages through one fault; false when the fault was never reached.</summary>
    private async Task<bool> RunAsync(Func<ConnectorWorld, Func<bool>> inject)
    {
        _world.Dispose();
        _world = new ConnectorWorld();
        var device = new ScriptedDevice();
        device.Acknowledging = upTo => AssertDurable(_world, upTo);
        Func<bool> wasReached = inject(_world);
        for (long n = 0; n < Messages; n++)
        {
            device.Say(ConnectorWorld.Message($"d{n % 2}", n));
        }

        await using (RunningConnector connector = _world.Start(device))
        {
            await device.WhenAcknowledgedAsync(Messages, () => _world.Logs.Text);
            await connector.StopAsync();
        }

        Assert.Equal(
            Enumerable.Range(0, Messages).Select(n => (long)n),
            _world.Raw().Select(observation => observation.Samples[0].Value.AsLong()));
        _world.AssertSequences();
        return wasReached();
    }

    private static void AssertDurable(ConnectorWorld world, int upTo) =>
        Assert.True(world.Raw().Count >= upTo, $"{upTo} are acknowledged and {world.Raw().Count} durable");
}

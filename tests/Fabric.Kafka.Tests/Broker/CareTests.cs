using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Fabric.Kafka.Broker;
using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Tests.Broker;

/// <summary>What a running broker does by itself: compaction beside the loop, retention, counting.</summary>
public sealed class CareTests
{
    [Fact]
    public async Task Compaction_runs_beside_the_loop_and_keeps_the_last_of_each_key()
    {
        await using BrokerFixture fixture = await BrokerFixture.StartAsync(
            options => options with { CompactionCheckInterval = TimeSpan.FromMilliseconds(20) });
        using var client = new WireClient(fixture.Broker.Address);
        client.CreateTopic("keyed", 1, ("cleanup.policy", "compact"), ("segment.bytes", "2000"), ("min.cleanable.dirty.ratio", "0"));
        const int rounds = 200;
        for (int i = 0; i < rounds; i++)
        {
            byte[] batch = new RecordBatchBuilder().Add([(byte)(i % 4)], Encoding.ASCII.GetBytes($"{i}"), 0).ToArray(0);
            Assert.Equal(ErrorCode.None, client.Produce("keyed", 0, batch)!.Error);
        }

        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        Dictionary<long, string> left;
        do
        {
            bound.Token.ThrowIfCancellationRequested();
            left = client.ReadAll("keyed", 0);
        }
        while (left.Count > rounds / 4);

        Assert.All(left, record => Assert.Equal(record.Key.ToString(CultureInfo.InvariantCulture), record.Value));
        Assert.Equal([196L, 197L, 198L, 199L], left.Keys.Order().TakeLast(4));
        await fixture.RestartAsync();
        using var after = new WireClient(fixture.Broker.Address);
        Assert.Equal("199", after.ReadAll("keyed", 0)[199]);
    }

    [Fact]
    public void Retention_removes_what_is_too_old_at_the_next_look()
    {
        using var fixture = new CoreFixture(new BrokerCoreSettings { RetentionCheckInterval = TimeSpan.FromMinutes(1) });
        fixture.CreateTopic("old", 1, ("retention.ms", "60000"), ("segment.bytes", "200"));
        for (int i = 0; i < 10; i++)
        {
            fixture.Produce("old", SampleRequests.Batch());
        }

        fixture.Clock.Advance(TimeSpan.FromHours(24 * 400)); // the records are of the first moment of 2026
        fixture.Settle();
        Assert.True(fixture.Fetch("old", 20).LogStartOffset > 0);
        Assert.Equal(ErrorCode.OffsetOutOfRange, fixture.Fetch("old", 0).Error);
    }

    [Fact]
    public void Care_is_taken_as_often_as_Kafka_does_by_default()
    {
        using var fixture = new CoreFixture(new BrokerCoreSettings());
        fixture.CreateTopic("keyed", 1, ("cleanup.policy", "compact"), ("segment.bytes", "200"), ("min.cleanable.dirty.ratio", "0"));
        fixture.CreateTopic("old", 1, ("retention.ms", "10000"), ("segment.bytes", "200"));
        for (int i = 0; i < 10; i++)
        {
            fixture.Produce("keyed", SampleRequests.Batch());
            fixture.Produce("old", SampleRequests.Batch());
        }

        int keyedBytes = fixture.Fetch("keyed", 0).Records.Length;
        fixture.Clock.Advance(TimeSpan.FromSeconds(15));
        fixture.Settle();
        Assert.True(fixture.Fetch("keyed", 0).Records.Length < keyedBytes);
        Assert.Equal(0, fixture.Fetch("old", 0).LogStartOffset);
        fixture.Clock.Advance(TimeSpan.FromSeconds(15));
        fixture.Settle();
        Assert.True(fixture.Fetch("old", 20).LogStartOffset > 0);
    }

    [Fact]
    public void What_happens_is_counted()
    {
        var seen = new Dictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == "Fabric.Kafka")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        void Count(Instrument instrument, double value)
        {
            lock (seen)
            {
                seen[instrument.Name] = seen.GetValueOrDefault(instrument.Name) + value;
            }
        }

        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Count(instrument, value));
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => Count(instrument, value));
        listener.Start();
        using var fixture = new CoreFixture();
        fixture.CreateTopic("t");
        int bytes = SampleRequests.Batch(3).Length;
        fixture.Produce("t", SampleRequests.Batch(3));
        fixture.Fetch("t", 0);
        // Other tests run beside this one and count too.
        lock (seen)
        {
            Assert.True(seen["fabric.kafka.produced"] >= bytes);
            Assert.True(seen["fabric.kafka.produced.records"] >= 3);
            Assert.True(seen["fabric.kafka.fetched"] >= bytes);
            Assert.True(seen["fabric.kafka.requests"] >= 2);
            Assert.True(seen.ContainsKey("fabric.kafka.fsync"));
        }
    }

    [Fact]
    public void Flushing_thread_runs_what_came_with_the_signal_to_stop()
    {
        for (int i = 0; i < 200; i++)
        {
            var flusher = new ThreadLogFlusher();
            int completed = 0;
            flusher.Begin(new FlushBatch([]), _ => Interlocked.Increment(ref completed));
            flusher.Dispose();
            Assert.Equal(1, completed);
        }
    }

    [Fact]
    public void Timers_fire_in_order_and_cancelled_ones_are_swept_out()
    {
        var timers = new TimerQueue();
        var fired = new List<string>();
        timers.Schedule(20, () => fired.Add("b"));
        timers.Schedule(10, () => fired.Add("a1"));
        timers.Schedule(10, () => fired.Add("a2"));
        timers.Schedule(5, () => fired.Add("cancelled")).Cancel();
        Assert.Equal(10, timers.NextDueMs);
        while (timers.TryTakeDue(20, out ScheduledAction due))
        {
            due.Fire();
        }

        Assert.Equal(["a1", "a2", "b"], fired);
        for (int i = 0; i < 100_000; i++)
        {
            timers.Schedule(1_000_000 + i, static () => { }).Cancel();
        }

        Assert.InRange(timers.Count, 0, 2048);
        Assert.Null(timers.NextDueMs);
    }
}

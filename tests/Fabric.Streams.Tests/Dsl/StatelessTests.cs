using System.Text;
using Fabric.Kafka.Clients;
using Fabric.Streams.Testing;

namespace Fabric.Streams.Tests.Dsl;

public sealed class StatelessTests
{
    [Fact]
    public void Filter_keeps_what_holds_and_FilterNot_the_rest()
    {
        using Pipeline pipeline = Pipeline.Of(stream =>
        {
            stream.Filter((_, value) => value > 2).To("kept");
            stream.FilterNot((_, value) => value > 2).To("rest");
        });
        pipeline.Send(("a", 1), ("b", 3), ("c", 2), ("d", 4));
        Assert.Equal(["b=3", "d=4"], pipeline.Read("kept"));
        Assert.Equal(["a=1", "c=2"], pipeline.Read("rest"));
    }

    [Fact]
    public void Map_changes_key_and_value_and_keeps_event_time_and_headers()
    {
        using Pipeline pipeline = Pipeline.Of(
            stream => stream.Map((key, value) => KeyValuePair.Create(key + "!", value * 10)).To("out"));
        pipeline.Input.PipeInput("a", 1, 1234, [new RecordHeader("h", [7])]);
        Record<string, long> record = pipeline.Driver.CreateOutputTopic<string, long>("out").ReadRecord();
        Assert.Equal("a!", record.Key);
        Assert.Equal(10, record.Value);
        Assert.Equal(1234, record.TimestampMs);
        Assert.Equal("h", Assert.Single(record.Headers).Key);
    }

    [Fact]
    public void MapRecord_sees_where_the_record_was_read()
    {
        using Pipeline pipeline = Pipeline.Of(stream => stream
            .MapRecord(record => record.With($"{record.Origin.Partition}@{record.Origin.Offset}", record.Value)).To("out"));
        pipeline.Send(("a", 1), ("b", 2));
        Assert.Equal(["in-0@0=1", "in-0@1=2"], pipeline.Read("out"));
    }

    [Fact]
    public void MapValues_passes_tombstones_of_a_type_without_null()
    {
        using Pipeline pipeline = Pipeline.Of(stream => stream.MapValues(value => value + 1).To("out"));
        pipeline.Input.PipeTombstone("a");
        Record<string, long> record = pipeline.Driver.CreateOutputTopic<string, long>("out").ReadRecord();
        Assert.Equal("a", record.Key);
        Assert.False(record.HasValue);
    }

    [Fact]
    public void FlatMap_and_FlatMapValues_make_none_one_or_many()
    {
        using Pipeline pipeline = Pipeline.Of(stream =>
        {
            stream.FlatMap((key, value) => Enumerable.Range(0, (int)value)
                .Select(index => KeyValuePair.Create($"{key}{index}", (long)index))).To("pairs");
            stream.FlatMapValues(value => Enumerable.Repeat(value, (int)value)).To("values");
        });
        pipeline.Send(("a", 0), ("b", 2));
        Assert.Equal(["b0=0", "b1=1"], pipeline.Read("pairs"));
        Assert.Equal(["b=2", "b=2"], pipeline.Read("values"));
    }

    [Fact]
    public void Merge_Peek_ForEach_and_SelectKey_see_every_record()
    {
        List<string> peeked = [];
        List<string> ended = [];
        using Pipeline pipeline = Pipeline.Of(stream =>
        {
            IKStream<string, long> small = stream.Filter((_, value) => value < 10);
            IKStream<string, long> large = stream.Filter((_, value) => value >= 10);
            small.Merge(large).Peek((key, _) => peeked.Add(key)).SelectKey((key, value) => $"{key}{value}").To("out");
            stream.ForEach((key, _) => ended.Add(key));
        });
        pipeline.Send(("a", 1), ("b", 10));
        Assert.Equal(["a1=1", "b10=10"], pipeline.Read("out"));
        Assert.Equal(["a", "b"], peeked);
        Assert.Equal(["a", "b"], ended);
    }

    [Fact]
    public void Branch_sends_a_record_to_the_first_that_holds()
    {
        using Pipeline pipeline = Pipeline.Of(stream =>
        {
            IReadOnlyList<IKStream<string, long>> branches = stream.Branch((_, value) => value > 5, (_, value) => value > 2);
            branches[0].To("large");
            branches[1].To("middle");
        });
        pipeline.Send(("a", 9), ("b", 3), ("c", 1));
        Assert.Equal(["a=9"], pipeline.Read("large"));
        Assert.Equal(["b=3"], pipeline.Read("middle"));
    }

    [Fact]
    public void Split_has_a_default_branch_for_what_is_left()
    {
        using Pipeline pipeline = Pipeline.Of(stream =>
        {
            IReadOnlyDictionary<string, IKStream<string, long>> branches =
                stream.Split().Branch((_, value) => value > 5, "large").DefaultBranch("rest");
            branches["large"].To("large");
            branches["rest"].To("rest");
        });
        pipeline.Send(("a", 9), ("b", 3));
        Assert.Equal(["a=9"], pipeline.Read("large"));
        Assert.Equal(["b=3"], pipeline.Read("rest"));
    }

    [Fact]
    public void To_chooses_the_topic_per_record_and_the_partition_by_its_partitioner()
    {
        using Pipeline pipeline = Pipeline.Of(
            stream => stream.To(
                record => $"out-{record.Key}",
                new Produced<string, long> { Partitioner = (_, record, partitions) => (int)record.Value % partitions }),
            new TestDriverOptions { Partitions = 3 });
        pipeline.Send(("a", 1), ("b", 5));
        Assert.Equal(1, pipeline.Driver.CreateOutputTopic<string, long>("out-a").ReadRecord().Origin.Partition.Partition);
        Assert.Equal(2, pipeline.Driver.CreateOutputTopic<string, long>("out-b").ReadRecord().Origin.Partition.Partition);
    }

    [Fact]
    public void Through_writes_and_reads_again()
    {
        using Pipeline pipeline = Pipeline.Of(
            stream => stream.MapValues(value => value + 1).Through("middle", Produced.With(Serdes.String, Serdes.Long))
                .MapValues(value => value * 2).To("out"));
        pipeline.Send(("a", 1));
        Assert.Equal(["a=2"], pipeline.Read("middle"));
        Assert.Equal(["a=4"], pipeline.Read("out"));
    }

    [Fact]
    public void Process_a_step_of_the_users_own_keeps_state_and_punctuates_on_both_clocks()
    {
        var builder = new StreamBuilder();
        builder.AddStateStore(StateStores.InMemoryKeyValue("sums", Serdes.String, Serdes.Long));
        builder.Stream<string, long>("in").Process(() => new Summing(), ["sums"], "summing").To("out", Produced.With(Serdes.String, Serdes.Long));
        using var driver = new TopologyTestDriver(builder.Build());
        TestInputTopic<string, long> input = driver.CreateInputTopic<string, long>("in");
        TestOutputTopic<string, long> output = driver.CreateOutputTopic<string, long>("out");
        input.PipeInput("a", 1, 1_000);
        input.PipeInput("a", 2, 12_000);
        driver.AdvanceWallClock(TimeSpan.FromSeconds(60));
        Assert.Equal(
            ["stream=1000", "stream=12000", "wall=3"],
            output.ReadAll().Select(record => $"{record.Key}={record.Value}"));
        Assert.True(driver.GetKeyValueStore<string, long>("sums").TryGet("a", out long sum));
        Assert.Equal(3, sum);
    }

    [Fact]
    public void Poison_record_goes_to_quarantine_byte_for_byte_and_the_next_one_is_processed()
    {
        using Pipeline pipeline = Pipeline.Of(stream => stream.MapValues(
            (key, value) => value == 13 ? throw new InvalidOperationException("unlucky") : value, "unlucky").To("out"));
        pipeline.Send(("a", 1), ("b", 13));
        pipeline.Input.PipeRaw(Encoding.UTF8.GetBytes("k"), [1, 2, 3], 5);
        pipeline.Input.PipeRaw([0xff], [0, 0, 0, 0, 0, 0, 0, 1], 5);
        pipeline.Input.PipeRaw(Encoding.UTF8.GetBytes("k"), [0, 0, 0, 0, 0, 0, 0, 1], -1);
        pipeline.Send(("c", 2));
        Assert.Equal(["a=1", "c=2"], pipeline.Read("out"));
        Assert.Equal(
            [RejectionRule.Processing, RejectionRule.Deserialization, RejectionRule.Deserialization, RejectionRule.Timestamp],
            pipeline.Driver.Rejected.Select(rejected => rejected.Rule));
        Assert.Equal("unlucky", pipeline.Driver.Rejected[0].Node);
        Assert.Equal([1, 2, 3], pipeline.Driver.Rejected[1].Value);
        Assert.Equal(2, pipeline.Driver.Rejected[1].Origin.Offset);
    }

    [Fact]
    public void Poison_record_leaves_neither_output_nor_state_behind()
    {
        using Pipeline pipeline = Pipeline.Of(stream =>
        {
            stream.To("first");
            stream.GroupByKey().Count(Materialized.As<string, long>("counts")).ToStream().Filter(
                (key, _) => key != "bad" ? true : throw new InvalidOperationException()).To("counted");
        });
        pipeline.Send(("a", 1), ("bad", 1), ("a", 1));
        Assert.Equal(["a=1", "a=1"], pipeline.Read("first"));
        Assert.Equal(["a=1", "a=2"], pipeline.Read("counted"));
        Assert.False(pipeline.Driver.GetKeyValueStore<string, long>("counts").TryGet("bad", out _));
        Assert.Equal(1, pipeline.Driver.GetKeyValueStore<string, long>("counts").Count);
        Assert.Single(pipeline.Driver.Rejected);
    }

    [Fact]
    public void Result_over_the_limit_is_refused_before_it_is_produced()
    {
        var builder = new StreamBuilder();
        builder.Stream<string, byte[]>("in").MapValues(value => new byte[value[0] * 100]).To("out", Produced.With(Serdes.String, Serdes.Bytes));
        using var driver = new TopologyTestDriver(builder.Build(), new TestDriverOptions { RecordBytesMax = 1_000 });
        TestInputTopic<string, byte[]> input = driver.CreateInputTopic<string, byte[]>("in");
        input.PipeInput("a", [1]);
        input.PipeInput("b", [100]);
        input.PipeInput("c", [2]);
        Assert.Equal(["a", "c"], driver.CreateOutputTopic<string, byte[]>("out").ReadAll().Select(record => record.Key));
        Assert.Equal(RejectionRule.TooLarge, Assert.Single(driver.Rejected).Rule);
    }

    [Fact]
    public void What_may_work_when_tried_again_is_not_the_records_fault()
    {
        using Pipeline pipeline = Pipeline.Of(stream => stream.MapValues<long>(
            value => throw new StreamsException("REGISTRY_AWAY", "away", isRetriable: true)).To("out"));
        Assert.Throws<StreamsException>(() => pipeline.Send(("a", 1)));
        Assert.Empty(pipeline.Driver.Rejected);
    }

    private sealed class Summing : IProcessor<string, long, string, long>
    {
        private IKeyValueStore<string, long> _sums = null!;
        private IPunctuation _once = null!;

        public void Init(IProcessorContext<string, long> context)
        {
            _sums = context.GetStateStore<IKeyValueStore<string, long>>("sums");
            context.Schedule(TimeSpan.FromSeconds(10), PunctuationType.StreamTime, nowMs =>
                context.Forward(new Record<string, long>("stream", nowMs, nowMs)));
            _once = context.Schedule(TimeSpan.FromSeconds(30), PunctuationType.WallClockTime, nowMs =>
            {
                _sums.TryGet("a", out long sum);
                context.Forward(new Record<string, long>("wall", sum, nowMs));
                _once.Cancel();
            });
        }

        public void Process(in Record<string, long> record)
        {
            _sums.TryGet(record.Key, out long sum);
            _sums.Put(record.Key, sum + record.Value);
        }
    }
}

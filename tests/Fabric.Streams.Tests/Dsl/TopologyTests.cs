using System.Text.Json;

namespace Fabric.Streams.Tests.Dsl;

public sealed class TopologyTests
{
    private sealed record Custom(int Number);

    [Fact]
    public void Describe_text_names_sub_topologies_topics_and_stores_as_Kafka_Streams_does()
    {
        var builder = new StreamBuilder();
        builder.Stream<string, long>("in").GroupBy((_, value) => $"{value}", new Grouped<string, long> { Name = "byValue" })
            .Count(Materialized.As<string, long>("counts")).ToStream().To("out");
        builder.GlobalTable<string, string>("units");
        const string expected = """
            Topologies:
               Sub-topology: 0
                Source: KSTREAM-SOURCE-0000000000 (topics: [in])
                  --> KSTREAM-KEY-SELECT-0000000001
                Processor: KSTREAM-KEY-SELECT-0000000001 (stores: [])
                  --> byValue-sink
                Sink: byValue-sink (topic: app-byValue-repartition)
                  --> none
               Sub-topology: 1
                Source: byValue-source (topics: [app-byValue-repartition])
                  --> KSTREAM-AGGREGATE-0000000002
                Processor: KSTREAM-AGGREGATE-0000000002 (stores: [counts])
                  --> KSTREAM-SINK-0000000003
                Sink: KSTREAM-SINK-0000000003 (topic: out)
                  --> none
               Global table: units-GLOBAL-STORE (topic: units)

            """;
        Assert.Equal(expected, builder.Build().Describe("app").ToText());
    }

    [Fact]
    public void Describe_json_and_mermaid_say_the_same()
    {
        var builder = new StreamBuilder();
        IKTable<string, string> names = builder.Table<string, string>("names");
        builder.Stream<string, long>("in").Join(names, (value, name) => $"{name}{value}").To("out", Produced.With(Serdes.String, Serdes.String));
        TopologyDescription description = builder.Build().Describe("app");
        using JsonDocument json = JsonDocument.Parse(description.ToJson());
        JsonElement sub = Assert.Single(json.RootElement.GetProperty("subTopologies").EnumerateArray());
        Assert.Equal(
            ["in", "names", "out"],
            sub.GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("topic").GetString()).OfType<string>().Order());
        Assert.Equal("names", sub.GetProperty("stores")[0].GetProperty("topic").GetString());
        string mermaid = description.ToMermaid();
        Assert.StartsWith("flowchart LR\n", mermaid, StringComparison.Ordinal);
        Assert.Contains("[(\"names-STATE-STORE\")]", mermaid, StringComparison.Ordinal);
        Assert.Contains("[/\"out\"/]", mermaid, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_without_a_source_is_refused() =>
        Assert.Equal("TOPOLOGY_EMPTY", Assert.Throws<StreamsException>(() => new StreamBuilder().Build()).Code);

    [Fact]
    public void Stream_of_a_type_without_serde_is_refused_by_topic()
    {
        var refused = Assert.Throws<StreamsException>(() => new StreamBuilder().Stream<string, Custom>("in"));
        Assert.Equal("SERDE_UNKNOWN", refused.Code);
        Assert.Equal("in", refused.Where);
    }

    [Fact]
    public void Stream_of_the_same_topic_twice_is_refused()
    {
        var builder = new StreamBuilder();
        builder.Stream<string, long>("in");
        Assert.Equal("TOPIC_READ_TWICE", Assert.Throws<StreamsException>(() => builder.Table<string, long>("in")).Code);
    }

    [Fact]
    public void Names_and_stores_are_unique_and_used()
    {
        var builder = new StreamBuilder();
        IKStream<string, long> stream = builder.Stream<string, long>("in");
        stream.Filter((_, _) => true, "same");
        Assert.Equal("NAME_TAKEN", Assert.Throws<StreamsException>(() => stream.Filter((_, _) => true, "same")).Code);
        Assert.Equal(
            "STORE_UNKNOWN",
            Assert.Throws<StreamsException>(() => stream.Process<string, long>(() => null!, ["absent"])).Code);
        builder.AddStateStore(StateStores.InMemoryKeyValue("idle", Serdes.String, Serdes.Long));
        Assert.Equal("STORE_UNUSED", Assert.Throws<StreamsException>(builder.Build).Code);
    }

    [Fact]
    public void Independent_sources_are_sub_topologies_and_a_shared_store_joins_them()
    {
        var apart = new StreamBuilder();
        apart.Stream<string, long>("one").To("out");
        apart.Stream<string, long>("two").To("out");
        Assert.Equal(2, apart.Build().Describe().SubTopologies.Count);

        var together = new StreamBuilder();
        together.AddStateStore(StateStores.InMemoryKeyValue("shared", Serdes.String, Serdes.Long));
        together.Stream<string, long>("one").Process<string, long>(() => null!, ["shared"]);
        together.Stream<string, long>("two").Process<string, long>(() => null!, ["shared"]);
        Assert.Single(together.Build().Describe().SubTopologies);
    }
}

using Fabric.Core.Options;
using Fabric.Host.Configuration;

namespace Fabric.Host.Tests;

public sealed class ConfigurationTests
{
    [Fact]
    public void Read_ten_mistakes_are_reported_at_once_with_path_and_line()
    {
        IReadOnlyList<OptionProblem> problems = Problems("""
            fabric: plant 7
            kafka: { bootstrap: embedded, listen: nowhere, client: { acks: 1 } }
            lake: s3://bucket/lake
            topics: { default: { partitions: many }, lineage: { retention: 7d } }
            connectors:
              - name: sensors
                kind: mqtt
                url: http://broker
                subscribe: [plant7/#]
                password: hunter2
                payload: { format: jsn, value: v }
              - { name: plc, kind: modbus }
            topologies:
              - use: rollup
              - use: contextualise
            tabels: {}
            """);
        (int Line, string Path, string Message)[] expected =
        [
            (1, "fabric", "letters, digits"), (2, "kafka.listen", "an address and port"), (2, "kafka.client.acks", "is set by Fabric"),
            (3, "lake", "not built yet"), (4, "topics.default.partitions", "a whole number"), (4, "topics.lineage.retention", "never expires"),
            (8, "connectors[0].url", "mqtt://broker:1883"), (10, "connectors[0].password", "a secret is written as"),
            (11, "connectors[0].payload.format", "did you mean 'json'"), (11, "connectors[0].payload.value", "a path such as"),
            (12, "connectors[1].kind", "'modbus' are not built yet"), (14, "topologies[0].use", "'rollup' is not built yet"),
            (15, "topologies[1].use", "did you mean 'contextualize'"), (16, "tabels", "did you mean 'tables'"),
        ];
        foreach ((int line, string path, string message) in expected)
        {
            Assert.Contains(
                problems, problem => problem.Line == line && problem.Path == path
                    && problem.Message.Contains(message, StringComparison.Ordinal));
        }

        Assert.Equal(expected.Length, problems.Count);
        Assert.DoesNotContain(problems, problem => problem.ToString().Contains("hunter2", StringComparison.Ordinal));
    }

    [Fact]
    public void Read_mistakes_in_tables_are_reported_at_once_with_path_and_line()
    {
        IReadOnlyList<OptionProblem> problems = Problems("""
            fabric: f
            tables:
              default: { flush: { evry: 5s }, partitioning: none }
              raw: { flush: { bytes: 12 parsecs }, explode: samples }
              telemetri: { flush: { every: 5s } }
              gaps: { topik: f.gaps }
              orders: { topic: shop.orders, explode: 'a..b', partitioning: hourly }
              customers: { topic: shop.customers, partitioning: none, time: created_at }
              orders_v2: { topic: shop.orders }
              Returns: { topic: shop.returns }
              audit: { topic: elsewhere }
            """);
        (int Line, string Path, string Message)[] expected =
        [
            (3, "tables.default.flush.evry", "did you mean 'every'"), (3, "tables.default.partitioning", "unknown key"),
            (4, "tables.raw.flush.bytes", "12 parsecs"), (4, "tables.raw.explode", "unknown key"),
            (5, "tables.telemetri", "did you mean 'telemetry'"), (6, "tables.gaps.topik", "did you mean 'topic'"),
            (7, "tables.orders.explode", "joined by dots"), (7, "tables.orders.partitioning", "hourly"),
            (8, "tables.customers", "partitioning: none"), (9, "tables.orders_v2", "_v and a number"),
            (10, "tables.Returns", "no name for a table"), (11, "tables.audit.topic", "unknown key"),
        ];
        string found = string.Join('\n', problems);
        Assert.All(expected, mistake => Assert.True(
            problems.Any(problem => problem.Line == mistake.Line && problem.Path == mistake.Path
                && problem.Message.Contains(mistake.Message, StringComparison.Ordinal)), $"{mistake}\n{found}"));
        Assert.Equal(expected.Length, problems.Count);
    }

    [Fact]
    public void Read_refuses_filters_under_which_a_broker_would_deliver_twice()
    {
        IReadOnlyList<OptionProblem> problems = Problems("""
            fabric: plant7
            connectors:
              - name: sensors
                kind: mqtt
                url: mqtt://broker
                subscribe: [plant7/+/a, plant8/#, "plant7/#"]
                payload: { format: json }
            """);
        OptionProblem problem = Assert.Single(problems);
        Assert.Equal((6, "connectors[0].subscribe"), (problem.Line, problem.Path));
        Assert.Contains("'plant7/+/a' and 'plant7/#'", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_a_whole_configuration_gives_what_it_says()
    {
        FabricConfiguration configuration = FabricConfiguration.Read(
            Document("""
                fabric: plant7
                node: edge-1
                kafka: { bootstrap: "k1:9092,k2:9092", client: { security.protocol: ssl } }
                registry: https://registry:8081
                topics: { default: { partitions: 8, replication: 3 }, raw: { retention: 30d } }
                connectors:
                  - name: sensors
                    kind: mqtt
                    url: mqtts://broker:8883
                    subscribe: [plant7/+/+/+]
                    topic: "{site}/{line}/{device}/{point}"
                    attributes: [site]
                    payload: { format: json, value: $.v, time: $.ts, quality: $.q }
                tables: { default: { flush: { every: 5s } }, raw: { flush: { bytes: 1MiB } } }
                """), _ => null, out IReadOnlyList<OptionProblem> problems);
        Assert.Empty(problems);
        Assert.Equal("k1:9092,k2:9092", configuration.Options.Kafka.Bootstrap);
        Assert.Equal(3, configuration.Options.Topics["telemetry"].Replication);
        Assert.Equal(TimeSpan.FromDays(30), configuration.Options.Topics["raw"].Retention);
        Assert.Equal("mqtts://broker:8883", configuration.Connectors.Single().Settings.Endpoint);
        Assert.Equal(1 << 20, configuration.Tables.Single(table => table.Name == "raw").Flush.Bytes);
        Assert.All(configuration.Tables, table => Assert.Equal(TimeSpan.FromSeconds(5), table.Flush.Every));
    }

    private static IReadOnlyList<OptionProblem> Problems(string yaml)
    {
        FabricConfiguration.Read(Document(yaml), _ => null, out IReadOnlyList<OptionProblem> problems);
        return problems;
    }

    private static OptionDocument Document(string yaml) => OptionDocument.Parse(yaml, "fabric.yaml", "/", _ => null);
}

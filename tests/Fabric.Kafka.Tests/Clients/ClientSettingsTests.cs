using Fabric.Kafka.Clients;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Kafka.Tests.Clients;

public sealed class ClientSettingsTests
{
    private static readonly Dictionary<string, string> None = [];

    [Theory]
    [InlineData("isolation.level")]
    [InlineData("acks")]
    [InlineData("partitioner")]
    [InlineData("transactional.id")]
    [InlineData("partition.assignment.strategy")]
    public void Check_a_setting_that_carries_a_guarantee_is_refused_by_name(string name)
    {
        var refused = Assert.Throws<ArgumentException>(
            () => ClientSettings.Check(new Dictionary<string, string> { [name] = "x", ["linger.ms"] = "1" }));
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("linger.ms", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ForProducer_an_override_of_a_default_wins()
    {
        Dictionary<string, string> settings =
            ClientSettings.ForProducer("b:1", new Dictionary<string, string> { ["linger.ms"] = "50" }, "id", ClientSettings.DefaultLinger);
        Assert.Equal("50", settings["linger.ms"]);
        Assert.Equal("murmur2_random", settings["partitioner"]);
        Assert.Equal("10000", settings["transaction.timeout.ms"]);
    }

    [Fact]
    public void ForConsumer_reads_committed_records_as_a_static_cooperative_member()
    {
        Dictionary<string, string> settings = ClientSettings.ForConsumer("b:1", None, "group", "node-1");
        Assert.Equal("read_committed", settings["isolation.level"]);
        Assert.Equal("cooperative-sticky", settings["partition.assignment.strategy"]);
        Assert.Equal("node-1", settings["group.instance.id"]);
        Assert.Equal("6000", settings["session.timeout.ms"]);
    }

    [Fact]
    public void OpenConsumer_an_unknown_setting_is_an_error_that_names_it()
    {
        var clients = new ConfluentKafkaClients(
            "127.0.0.1:1", new Dictionary<string, string> { ["no.such.setting"] = "1" }, TimeProvider.System,
            NullLoggerFactory.Instance);
        var refused = Assert.Throws<KafkaException>(() => clients.OpenConsumer(null, null));
        Assert.Equal("CLIENT_SETTING_INVALID", refused.Code);
        Assert.Contains("no.such.setting", refused.Message, StringComparison.Ordinal);
    }
}

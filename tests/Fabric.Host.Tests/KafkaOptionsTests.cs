using Fabric.Core.Options;
using Fabric.Host.Configuration;
using Fabric.Testing;

namespace Fabric.Host.Tests;

public sealed class KafkaOptionsTests
{
    [Theory]
    [InlineData("embeded")]
    [InlineData("kafka-1")]
    [InlineData("kafka-1:0")]
    [InlineData("kafka-1:9092,")]
    [InlineData("kafka-1:9092,kafka-2:port")]
    public void Read_bootstrap_that_is_no_list_of_brokers_is_reported(string bootstrap)
    {
        IReadOnlyList<OptionProblem> problems = Problems(bootstrap);
        OptionProblem problem = Assert.Single(problems);
        Assert.Equal("kafka.bootstrap", problem.Path);
        Assert.Contains("kafka-1:9092,kafka-2:9092", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("embedded")]
    [InlineData("kafka-1:9092")]
    [InlineData("10.0.0.1:9092,[::1]:9093")]
    public void Read_bootstrap_that_is_one_is_taken(string bootstrap) => Assert.Empty(Problems(bootstrap));

    [Theory]
    [InlineData("edge-1.plant.example:9092", "edge-1.plant.example", 9092)]
    [InlineData("[fd00::1]:19092", "fd00::1", 19092)]
    public void Read_advertised_address_is_what_the_broker_is_told(string advertise, string host, int port)
    {
        FabricConfiguration configuration = Read($"kafka: {{ advertise: \"{advertise}\" }}", out IReadOnlyList<OptionProblem> problems);
        Assert.Empty(problems);
        Assert.Equal((host, port), (configuration.Options.Kafka.Advertise!.Host, configuration.Options.Kafka.Advertise.Port));
    }

    [Fact]
    public void Read_advertised_address_without_a_port_is_reported()
    {
        Read("kafka: { advertise: edge-1 }", out IReadOnlyList<OptionProblem> problems);
        Assert.Equal("kafka.advertise", Assert.Single(problems).Path);
    }

    [Fact]
    public void Load_file_that_is_not_there_is_the_only_mistake()
    {
        using var folder = new TempFolder();
        OptionsException exception = Assert.Throws<OptionsException>(
            () => FabricConfiguration.Load(folder["fabric.yaml"], _ => null));
        Assert.Contains("there is no such file", Assert.Single(exception.Problems).Message, StringComparison.Ordinal);
    }

    private static IReadOnlyList<OptionProblem> Problems(string bootstrap)
    {
        Read($"kafka: {{ bootstrap: \"{bootstrap}\" }}", out IReadOnlyList<OptionProblem> problems);
        return problems;
    }

    private static FabricConfiguration Read(string kafka, out IReadOnlyList<OptionProblem> problems) =>
        FabricConfiguration.Read(OptionDocument.Parse($"fabric: p\n{kafka}", "fabric.yaml", ".", _ => null), _ => null, out problems);
}

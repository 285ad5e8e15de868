using Fabric.Kafka.Clients;

namespace Fabric.Kafka.Tests.Clients;

public sealed class LibrdkafkaResolverTests
{
    [Theory]
    [InlineData("librdkafka", true)]
    [InlineData("librdkafka.so", true)]
    [InlineData("centos7-librdkafka", true)]
    [InlineData("alpine-librdkafka.so", true)]
    [InlineData("libdl.so.2", false)]
    public void IsLibrdkafka_names_the_client_asks_for(string name, bool expected) =>
        Assert.Equal(expected, LibrdkafkaResolver.IsLibrdkafka(name));

    [Fact]
    public void LoadFirst_nothing_there_names_the_package_and_the_command()
    {
        var missing = Assert.Throws<KafkaException>(() => LibrdkafkaResolver.LoadFirst(["libnot-there.so.9"]));
        Assert.Equal("LIBRDKAFKA_MISSING", missing.Code);
        Assert.Contains("librdkafka1", missing.Message, StringComparison.Ordinal);
        Assert.Contains("make setup", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ensure_here_the_client_library_is_found()
    {
        LibrdkafkaResolver.Ensure();
        Assert.True(Confluent.Kafka.Library.Version >= 0x01090000);
    }
}

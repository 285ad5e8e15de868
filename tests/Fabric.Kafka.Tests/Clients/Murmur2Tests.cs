using System.Text;
using Fabric.Kafka.Clients;

namespace Fabric.Kafka.Tests.Clients;

public sealed class Murmur2Tests
{
    /// <summary>Apache Kafka, clients: UtilsTest.testMurmur2.</summary>
    [Theory]
    [InlineData("21", -973932308)]
    [InlineData("foobar", -790332482)]
    [InlineData("a-little-bit-long-string", -985981536)]
    [InlineData("a-little-bit-longer-string", -1486304829)]
    [InlineData("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971)]
    [InlineData("abc", 479470107)]
    public void Hash_of_known_keys_is_what_Java_computes(string key, int expected) =>
        Assert.Equal(expected, (int)Murmur2.Hash(Encoding.UTF8.GetBytes(key)));
}

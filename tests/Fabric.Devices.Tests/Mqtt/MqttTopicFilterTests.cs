using Fabric.Devices.Mqtt;

namespace Fabric.Devices.Tests.Mqtt;

/// <summary>Examples of MQTT 5.0 §4.7 and §4.8.2.</summary>
public class MqttTopicFilterTests
{
    [Theory]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1", true)]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true)]
    [InlineData("sport/#", "sport", true)]
    [InlineData("#", "any/thing", true)]
    [InlineData("sport/tennis/+", "sport/tennis/player1", true)]
    [InlineData("sport/tennis/+", "sport/tennis/player1/ranking", false)]
    [InlineData("sport/+", "sport", false)]
    [InlineData("sport/+", "sport/", true)]
    [InlineData("+/+", "/finance", true)]
    [InlineData("/+", "/finance", true)]
    [InlineData("+", "/finance", false)]
    [InlineData("#", "$SYS/monitor", false)]
    [InlineData("+/monitor", "$SYS/monitor", false)]
    [InlineData("$SYS/#", "$SYS/monitor", true)]
    [InlineData("$SYS/monitor/+", "$SYS/monitor/Clients", true)]
    [InlineData("ACCOUNTS", "Accounts", false)]
    [InlineData("a/b", "a", false)]
    [InlineData("a", "a/b", false)]
    [InlineData("$share/group/a/+", "a/b", true)]
    public void Matches_as_the_specification_says(string filter, string topic, bool expected) =>
        Assert.Equal(expected, MqttTopicFilter.Matches(filter, topic));

    [Theory]
    [InlineData("a/b", "a/b", true)]
    [InlineData("a/+", "a/b", true)]
    [InlineData("a/+", "a/+", true)]
    [InlineData("a/+/x", "a/b/+", true)]
    [InlineData("a/#", "a", true)]
    [InlineData("a/#", "a/b/c", true)]
    [InlineData("a/+/#", "a/b", true)]
    [InlineData("#", "+/x", true)]
    [InlineData("$share/g/a/+", "a/b", true)]
    [InlineData("a/b", "a/c", false)]
    [InlineData("a/+", "a", false)]
    [InlineData("a/+", "a/b/c", false)]
    [InlineData("a/+/x", "a/+/y", false)]
    [InlineData("a/b/#", "a", false)]
    [InlineData("#", "$SYS/x", false)]
    [InlineData("+/x", "$SYS/#", false)]
    public void Overlap_is_having_a_topic_in_common(string one, string other, bool expected)
    {
        Assert.Equal(expected, MqttTopicFilter.Overlap(one, other));
        Assert.Equal(expected, MqttTopicFilter.Overlap(other, one));
    }

    [Theory]
    [InlineData("#", true)]
    [InlineData("a/#", true)]
    [InlineData("+/tennis/#", true)]
    [InlineData("/", true)]
    [InlineData("a//b", true)]
    [InlineData("$share/g/+/x", true)]
    [InlineData("", false)]
    [InlineData("a#", false)]
    [InlineData("a/#/b", false)]
    [InlineData("sport+", false)]
    [InlineData("a/b+/c", false)]
    [InlineData("$share/g", false)]
    [InlineData("$share//x", false)]
    [InlineData("$share/g+/x", false)]
    [InlineData("$share/g/", false)]
    [InlineData("a\0b", false)]
    public void IsValid_as_the_specification_says(string filter, bool expected) =>
        Assert.Equal(expected, MqttTopicFilter.IsValid(filter));

    [Fact]
    public void IsValid_refuses_half_a_surrogate_pair() =>
        Assert.False(MqttTopicFilter.IsValid(new string(['a', (char)0xD800, 'b'])));

    [Fact]
    public void IsValid_bounds_the_length()
    {
        Assert.True(MqttTopicFilter.IsValid(new string('a', 65_535)));
        Assert.False(MqttTopicFilter.IsValid(new string('ä', 32_768)));
    }
}

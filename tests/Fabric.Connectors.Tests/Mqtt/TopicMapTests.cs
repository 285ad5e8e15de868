using Fabric.Connectors.Mqtt;
using Fabric.Connectors.Payload;
using Fabric.Connectors.Tests.Mapping;
using Fabric.Devices.Mqtt;

namespace Fabric.Connectors.Tests.Mqtt;

public class TopicMapTests
{
    [Fact]
    public void Find_names_device_point_and_the_attributes_that_are_let_through()
    {
        TopicMap map = Map("plant/{line}/{device}/{shift}/{point+}", attributes: ["line"]);
        TopicMeaning meaning = map.Find("plant/l1/pump/night/a/b")!;

        Assert.Equal(("pump", "a/b"), (meaning.Device, meaning.Point));
        Assert.Equal(KeyValuePair.Create("line", "l1"), Assert.Single(meaning.Attributes));
        Assert.Equal(TopicPersonal.None, meaning.Personal);
        Assert.Null(map.Find("plant/l1/pump/night"));
        Assert.Null(map.Find("other/l1/pump/night/a"));
    }

    [Fact]
    public void Find_of_a_topic_without_a_device_level_names_the_connector()
    {
        TopicMeaning meaning = Map("{line}/{point}").Find("l1/flow")!;
        Assert.Equal(("line-connector", "flow"), (meaning.Device, meaning.Point));
    }

    [Fact]
    public void Find_of_levels_that_are_empty_keeps_them_empty()
    {
        TopicMeaning meaning = Map("{device}/{point}").Find("/")!;
        Assert.Equal(("", ""), (meaning.Device, meaning.Point));
    }

    [Theory]
    [InlineData("device", TopicPersonal.Device)]
    [InlineData("point", TopicPersonal.Point)]
    [InlineData("badge", TopicPersonal.Other)]
    [InlineData("nothing", TopicPersonal.None)]
    internal void Find_says_which_part_names_a_person(string level, TopicPersonal expected)
    {
        TopicMap map = Map("{badge}/{device}/{point}", attributes: ["badge"], personal: [level]);
        Assert.Equal(expected, map.Find("x/y/z")!.Personal);
        Assert.Equal(level != "nothing", new[] { "badge", "device", "point" }.Any(map.IsPersonal));
    }

    [Fact]
    public void Find_of_more_topics_than_are_kept_still_finds()
    {
        TopicMap map = Map("{device}");
        for (int n = 0; n < 150_000; n++)
        {
            Assert.Equal($"d{n}", map.Find($"d{n}")!.Device);
        }

        Assert.Equal("d0", map.Find("d0")!.Device);
        Assert.Same(map.Find("d0"), map.Find("d0"));
    }

    private static TopicMap Map(string template, string[]? attributes = null, string[]? personal = null) => new(
        new MqttConnectorSettings(
            new MqttClientOptions { Url = new Uri("mqtt://localhost"), ClientId = "c" }, null,
            TopicTemplate.Parse(template, out _)!, attributes ?? [], MappingFixture.Options(PayloadFormat.Number),
            new PersonalData([], personal ?? [])),
        "line-connector");
}

using Fabric.Connectors.Mqtt;

namespace Fabric.Connectors.Tests.Mqtt;

public class TopicTemplateTests
{
    [Theory]
    [InlineData("{site}/{line}/{device}/{point}", "plant7/l1/pump/flow", "plant7,l1,pump,flow")]
    [InlineData("plant7/{device}/{point+}", "plant7/pump/a/b/c", "pump,a/b/c")]
    [InlineData("{device+}", "a", "a")]
    [InlineData("{device}/{point}", "/x", ",x")]
    [InlineData("{device}/{point+}", "a/", "a,")]
    [InlineData("größe/{device}", "größe/ä", "ä")]
    [InlineData("plant7/{device}", "plant8/pump", null)]
    [InlineData("plant7/{device}", "PLANT7/pump", null)]
    [InlineData("{device}/{point}", "a/b/c", null)]
    [InlineData("{device}/{point}", "a", null)]
    [InlineData("{device}/{point+}", "a", null)]
    public void Match_gives_the_named_levels(string template, string topic, string? expected) => Assert.Equal(
        expected?.Split(','), TopicTemplate.Parse(template, out _)!.Match(topic));

    [Theory]
    [InlineData("{device}/{device}", "named twice")]
    [InlineData("{point+}/{device}", "must be the last")]
    [InlineData("{}/x", "neither")]
    [InlineData("{+}", "neither")]
    [InlineData("+/{device}", "neither")]
    [InlineData("a{device}", "neither")]
    [InlineData("{a}{b}", "neither")]
    [InlineData("#", "neither")]
    public void Parse_names_what_is_wrong_with_a_template(string template, string expected)
    {
        Assert.Null(TopicTemplate.Parse(template, out string problem));
        Assert.Contains(expected, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_stand_in_the_order_of_the_levels() => Assert.Equal(
        ["b", "device", "a"], TopicTemplate.Parse("x/{b}/y/{device}/{a+}", out _)!.Names);
}

using Fabric.Host.Templates;

namespace Fabric.Host.Tests;

public sealed class TopologyNameTests
{
    [Theory]
    [InlineData("PumpWatch", "PumpWatchTopology", "pump_watch")]
    [InlineData("Acme.Hamburg.PumpWatch", "PumpWatchTopology", "pump_watch")]
    [InlineData("HTTPWatch2", "HTTPWatch2Topology", "http_watch2")]
    public void Parse_a_name_gives_class_and_topic(string text, string type, string topic)
    {
        TopologyName? name = TopologyName.Parse(text, out string problem);
        Assert.Equal("", problem);
        Assert.Equal((text, type, topic), (name!.Namespace, name.Class, name.Topic));
    }

    [Theory]
    [InlineData("", "no name")]
    [InlineData("pumpWatch", "no name")]
    [InlineData("Pump-Watch", "no name")]
    [InlineData("../PumpWatch", "no name")]
    [InlineData("Acme..PumpWatch", "no name")]
    [InlineData("Größe", "no name")]
    [InlineData("Pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp", "at most 64")]
    [InlineData("Acme.Topology", "'Topology' is a name that Fabric")]
    [InlineData("Fabric.PumpWatch", "'Fabric' is a name that Fabric")]
    [InlineData("Acme.Drift", "'drift' is one of the fabric's own topics")]
    [InlineData("ModelHealth", "'model_health' is one of the fabric's own topics")]
    public void Parse_what_cannot_be_a_name_says_why(string text, string why)
    {
        Assert.Null(TopologyName.Parse(text, out string problem));
        Assert.Contains(why, problem, StringComparison.Ordinal);
    }
}

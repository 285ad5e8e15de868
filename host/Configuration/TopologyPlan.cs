using Fabric.Core.Options;
using Fabric.Topologies.Drift;

namespace Fabric.Host.Configuration;

/// <summary>A topology as configured.</summary>
/// <param name="Name">Unique; part of its consumer group and transactional ids.</param>
/// <param name="Place">Where the configuration says so.</param>
internal abstract record TopologyPlan(string Name, OptionNode Place)
{
    private static readonly string[] Planned = ["rollup", "models", "feedback"];

    /// <summary>The one that gives samples their assets.</summary>
    internal sealed record Contextualize(OptionNode Place) : TopologyPlan("contextualize", Place);

    /// <summary>One that compares signals with a baseline.</summary>
    internal sealed record Drift(DriftOptions Options, OptionNode Place) : TopologyPlan(Options.Name, Place);

    /// <summary>A topology of the user's own.</summary>
    /// <param name="Assembly">Absolute path.</param>
    /// <param name="Type">Full name of the class.</param>
    internal sealed record User(string Name, string Assembly, string Type, OptionNode Place) : TopologyPlan(Name, Place);

    public static IReadOnlyList<TopologyPlan> ReadAll(OptionReader root, FabricOptions options)
    {
        var plans = new List<TopologyPlan>();
        foreach (OptionReader section in root.Sections("topologies"))
        {
            TopologyPlan? plan = section.Find("assembly") is not null ? ReadUser(section) : ReadBuiltIn(section, options);
            if (plan is not null && plans.Any(known => known.Name == plan.Name))
            {
                section.Report($"the topology '{plan.Name}' appears twice; give one of them another name");
            }
            else if (plan is not null)
            {
                plans.Add(plan);
            }
        }

        return plans;
    }

    private static TopologyPlan? ReadBuiltIn(OptionReader section, FabricOptions options)
    {
        string use = section.RequiredText("use", "contextualize, or drift, or instead assembly and type");
        switch (use)
        {
            case "contextualize":
                if (options.TwinsFile is null)
                {
                    section.Report("contextualize needs 'twins: twins.yaml' at the top of the configuration");
                }

                section.Finish();
                return new Contextualize(section.Node);
            case "drift":
                return new Drift(DriftOptions.Read(section), section.Node);
            case "":
                return null;
            default:
                section.Document.Report(
                    section.Find("use")!,
                    Planned.Contains(use)
                        ? $"the topology '{use}' is not built yet"
                        : Suggestion.ForUnknown("topology", use, ["contextualize", "drift"]));
                return null;
        }
    }

    private static User ReadUser(OptionReader section)
    {
        string assembly = FabricOptions.Resolve(section, section.RequiredText("assembly", "the path of a .dll"));
        if (!File.Exists(assembly))
        {
            section.Document.Report(section.Find("assembly")!, $"there is no file '{assembly}'; build the project first");
        }

        string type = section.RequiredText("type", "the full name of the topology's class");
        string name = section.Text("name") ?? type;
        section.Finish();
        return new User(name, assembly, type, section.Node);
    }
}

using System.Text;
using System.Text.RegularExpressions;
using Fabric.Host.Configuration;
using Fabric.Streams;
using Fabric.Topologies;

namespace Fabric.Host.Templates;

/// <summary>The name of a user's topology: a C# namespace, and what follows from it.</summary>
/// <param name="Namespace">Also the assembly's name: <c>PumpWatch</c>, <c>Acme.PumpWatch</c>.</param>
internal sealed partial record TopologyName(string Namespace)
{
    private const int LengthMax = 64;

    /// <summary>Words that the project's own files use: as a namespace they would hide what is meant there.</summary>
    private static readonly string[] Used = ["Fabric", "System", "Microsoft", "Xunit", "Assert", "Fact", "CancellationToken"];

    /// <summary>The last part of the namespace.</summary>
    public string Name => Namespace[(Namespace.LastIndexOf('.') + 1)..];

    /// <summary>The topology's class.</summary>
    public string Class => $"{Name}Topology";

    /// <summary>What it is called in the configuration, its topic without the fabric's prefix, and its table: <c>pump_watch</c>.</summary>
    public string Topic => SnakeCase(Name);

    /// <param name="problem">What is wrong with the text, for a person; empty when nothing is.</param>
    public static TopologyName? Parse(string text, out string problem)
    {
        var name = new TopologyName(text);
        problem = text.Length > LengthMax || !Pattern().IsMatch(text)
            ? $"'{text}' is no name for a topology: expected letters and digits beginning with a capital letter, e.g. PumpWatch or "
                + $"Acme.PumpWatch, at most {LengthMax} characters"
            : TakenPart(text) is { } taken
            ? $"'{taken}' is a name that Fabric or .NET uses already; choose another"
            : TopicsOptions.Known.Contains(name.Topic)
            ? $"'{name.Topic}' is one of the fabric's own topics, and the topology's would be called the same; choose another name"
            : "";
        return problem.Length == 0 ? name : null;
    }

    private static string? TakenPart(string text)
    {
        HashSet<string> types = [.. Used, .. ExportedNames(typeof(IFabricTopology)), .. ExportedNames(typeof(StreamBuilder)),
            .. ExportedNames(typeof(Schemas.AssetObservation)), .. ExportedNames(typeof(Core.RecordKey))];
        return text.Split('.').FirstOrDefault(types.Contains);
    }

    private static IEnumerable<string> ExportedNames(Type known) =>
        known.Assembly.GetExportedTypes().Select(type => type.Name.Split('`')[0]);

    private static string SnakeCase(string name)
    {
        var snake = new StringBuilder();
        for (int i = 0; i < name.Length; i++)
        {
            bool beginsWord = i > 0 && char.IsUpper(name[i])
                && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])));
            snake.Append(beginsWord ? "_" : "").Append(char.ToLowerInvariant(name[i]));
        }

        return snake.ToString();
    }

    [GeneratedRegex(@"^[A-Z][A-Za-z0-9]*(\.[A-Z][A-Za-z0-9]*)*$", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}

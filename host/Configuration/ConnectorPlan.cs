using Fabric.Connectors;
using Fabric.Core.Options;

namespace Fabric.Host.Configuration;

/// <summary>A connector as configured.</summary>
/// <param name="Name">Its instance name: <c>source</c> in every record.</param>
/// <param name="Settings">What its kind read from its section.</param>
internal sealed record ConnectorPlan(string Name, IConnectorSettings Settings)
{
    public static IReadOnlyList<ConnectorPlan> ReadAll(OptionReader root, FabricOptions options)
    {
        var plans = new List<ConnectorPlan>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        PersonalData personal = options.Privacy is { } privacy
            ? new PersonalData(privacy.Fields, privacy.TopicLevels)
            : PersonalData.None;
        foreach (OptionReader section in root.Sections("connectors"))
        {
            string name = section.RequiredText("name", "the connector's name, e.g. sensors");
            if (name.Length > 0 && !names.Add(name))
            {
                section.Report($"the connector '{name}' appears twice");
            }

            if (ReadKind(section) is { } kind)
            {
                plans.Add(new ConnectorPlan(name, kind.Read(section, personal)));
                section.Finish();
            }
        }

        return plans;
    }

    private static ConnectorKind? ReadKind(OptionReader section)
    {
        string text = section.RequiredText("kind", $"one of: {string.Join(", ", ConnectorKind.Built.Select(kind => kind.Name))}");
        ConnectorKind? kind = ConnectorKind.Built.FirstOrDefault(built => built.Name == text);
        if (kind is null && text.Length > 0)
        {
            section.Document.Report(
                section.Find("kind")!,
                ConnectorKind.Planned.Contains(text)
                    ? $"connectors of kind '{text}' are not built yet"
                    : Suggestion.ForUnknown("kind", text, [.. ConnectorKind.Built.Select(built => built.Name)]));
        }

        return kind;
    }
}

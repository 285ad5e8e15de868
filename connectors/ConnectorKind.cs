using Fabric.Connectors.Mqtt;
using Fabric.Connectors.Runner;
using Fabric.Core.Options;

namespace Fabric.Connectors;

/// <summary>A protocol that connectors speak: how its section of the configuration is read.</summary>
/// <param name="Name">What <c>kind:</c> says.</param>
/// <param name="Read">Reads the section's keys and reports its mistakes; the caller finishes the section.</param>
public sealed record ConnectorKind(string Name, Func<OptionReader, PersonalData, IConnectorSettings> Read)
{
    /// <summary>What this version has. Adding a protocol adds a line here and a folder beside <c>Mqtt</c>.</summary>
    public static readonly IReadOnlyList<ConnectorKind> Built = [new("mqtt", MqttConnectorSettings.Read)];

    /// <summary>Kinds that are planned: refused by name.</summary>
    public static readonly IReadOnlyList<string> Planned = ["modbus", "sparkplug", "opcua", "rest"];
}

/// <summary>A connector's settings, from which its protocol side is opened.</summary>
public interface IConnectorSettings
{
    /// <summary>What it connects to, printable: no user, no password.</summary>
    string Endpoint { get; }

    /// <summary>Opens the protocol side. Called again after a failure that ended the one before.</summary>
    ISource Open(ConnectorIdentity identity, ConnectorServices services);
}

/// <summary>What is personal in messages (DESIGN §6, privacy).</summary>
/// <param name="Fields">Payload fields as JSON paths, e.g. <c>$.operator</c>.</param>
/// <param name="TopicLevels">Names of topic levels, as topic templates call them.</param>
public sealed record PersonalData(IReadOnlyList<string> Fields, IReadOnlyList<string> TopicLevels)
{
    public static readonly PersonalData None = new([], []);
}

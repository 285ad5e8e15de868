namespace Fabric.Connectors.Runner;

/// <summary>Who a connector is and where it writes.</summary>
/// <param name="Fabric">Prefix of all topics.</param>
/// <param name="Node">The process.</param>
/// <param name="Name">The connector instance: <c>source</c> in every record.</param>
public sealed record ConnectorIdentity(string Fabric, string Node, string Name)
{
    /// <summary>Stable, so that a successor fences its predecessor.</summary>
    public string TransactionalId => $"{Fabric}.{Name}.{Node}";

    /// <summary>Name in status and quarantine.</summary>
    public string Component => $"connector:{Name}";

    public string RawTopic => $"{Fabric}.raw";

    public string QuarantineTopic => $"{Fabric}.quarantine";

    public string GapsTopic => $"{Fabric}.gaps";

    public string ProgressTopic => $"{Fabric}.connectors";
}

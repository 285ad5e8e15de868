namespace Fabric.Core.Health;

/// <summary>How a component is, as its users see it.</summary>
public enum HealthState
{
    Starting,
    Running,

    /// <summary>Works, but something needs a person: rejected records, a filter refused, a slow step.</summary>
    Degraded,

    /// <summary>Lost its peer and is trying again by itself.</summary>
    Reconnecting,

    /// <summary>Stopped in order.</summary>
    Stopped,

    /// <summary>Cannot go on without a person.</summary>
    Failed,
}

/// <summary>The door through which components tell how they are: nothing that stops may do so in silence.</summary>
/// <remarks>Implementations are thread-safe, return at once and keep the last state of each component.</remarks>
public interface IStatusReporter
{
    /// <param name="component">E.g. <c>connector:sensors</c>, <c>sink:raw</c>.</param>
    /// <param name="cause">Why it is so, for a person; no payloads, no secrets. Empty while all is well.</param>
    /// <param name="nextAction">What happens next by itself, or what a person can do. Empty while all is well.</param>
    void Report(string component, HealthState state, string cause = "", string nextAction = "");
}

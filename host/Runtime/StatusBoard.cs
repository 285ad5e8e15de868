using System.Collections.Concurrent;
using Fabric.Core.Health;
using Microsoft.Extensions.Logging;

namespace Fabric.Host.Runtime;

/// <summary>The last state of every component of this process: what <c>/healthz</c> and the live table show, and each change
/// goes to the <c>status</c> topic.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class StatusBoard(TimeProvider clock, ILogger log) : IStatusReporter
{
    private readonly ConcurrentDictionary<string, ComponentHealth> _components = new(StringComparer.Ordinal);

    /// <summary>Called with each change; set once, before components start.</summary>
    public Action<ComponentHealth>? Changed { get; set; }

    /// <summary>All components in order of their names.</summary>
    public IReadOnlyList<ComponentHealth> Components =>
        [.. _components.Values.OrderBy(component => component.Name, StringComparer.Ordinal)];

    /// <summary>Whether every component works or was stopped in order.</summary>
    public bool IsHealthy =>
        _components.Values.All(component => component.State is HealthState.Running or HealthState.Degraded or HealthState.Stopped);

    public void Report(string component, HealthState state, string cause = "", string nextAction = "")
    {
        var health = new ComponentHealth(component, state, cause, nextAction, clock.GetUtcNow(), 0);
        health = _components.AddOrUpdate(
            component, health,
            (_, known) => known.State == state
                ? health with { Since = known.Since, Attempt = known.Attempt + 1 }
                : health);
        if (health.Attempt == 0)
        {
            HostLog.StateChanged(log, component, state.ToString(), cause, nextAction);
        }

        Changed?.Invoke(health);
    }
}

/// <summary>How a component is.</summary>
/// <param name="Since">When it entered this state.</param>
/// <param name="Attempt">How often the same state was reported again.</param>
internal sealed record ComponentHealth(
    string Name, HealthState State, string Cause, string NextAction, DateTimeOffset Since, int Attempt);

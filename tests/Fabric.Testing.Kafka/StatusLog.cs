using Fabric.Core.Health;

namespace Fabric.Testing.Kafka;

/// <summary>What components said of themselves, in order.</summary>
public sealed class StatusLog(Signal signal) : IStatusReporter
{
    private readonly Lock _lock = new();
    private readonly List<(string Component, HealthState State, string Cause)> _reports = [];

    public IReadOnlyList<(string Component, HealthState State, string Cause)> Reports
    {
        get
        {
            lock (_lock)
            {
                return [.. _reports];
            }
        }
    }

    public void Report(string component, HealthState state, string cause = "", string nextAction = "")
    {
        lock (_lock)
        {
            _reports.Add((component, state, cause));
        }

        signal.Pulse();
    }
}

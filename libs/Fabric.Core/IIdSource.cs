namespace Fabric.Core;

/// <summary>The door to identity: where unique ids come from, so that a run can be repeated from its seed.</summary>
/// <remarks>Implementations are thread-safe.</remarks>
public interface IIdSource
{
    /// <summary>A new UUID, version 7 (time-ordered) in production.</summary>
    Guid NewId();
}

/// <summary>Time-ordered UUIDs (version 7) from the given clock and the operating system's randomness.</summary>
public sealed class SystemIdSource(TimeProvider clock) : IIdSource
{
#pragma warning disable RS0030 // the one place where ids are made
    public Guid NewId() => Guid.CreateVersion7(clock.GetUtcNow());
#pragma warning restore RS0030
}

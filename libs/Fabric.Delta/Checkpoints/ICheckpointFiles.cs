using Fabric.Delta.Actions;

namespace Fabric.Delta.Checkpoints;

/// <summary>The door to checkpoint files: Parquet with one action per row in nested columns (protocol, "Checkpoints").</summary>
/// <remarks>Thread-safe.</remarks>
public interface ICheckpointFiles
{
    /// <summary>The actions of one checkpoint file, in no order.</summary>
    /// <param name="location">As <see cref="Core.Storage.IObjectStore.Locate"/> names it.</param>
    /// <exception cref="DeltaException"><see cref="DeltaCode.CheckpointCorrupt"/> or <see cref="DeltaCode.ReadUnsupported"/>.</exception>
    /// <exception cref="OperationCanceledException">The token ended the reading.</exception>
    Task<IReadOnlyList<DeltaAction>> ReadAsync(string location, CancellationToken cancellationToken);

    /// <summary>Writes the actions as one new file at an absolute local path.</summary>
    Task WriteAsync(string localPath, IReadOnlyCollection<DeltaAction> actions, CancellationToken cancellationToken);
}

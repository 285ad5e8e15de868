using System.Buffers;

namespace Fabric.Connectors.Runner;

/// <summary>
/// The protocol side of a connector: a session with devices that hands over what they said in batches and acknowledges a
/// batch upstream only when it is told that the batch is durable. One folder per protocol implements it.
/// </summary>
/// <remarks>
/// Called by one runner at a time, in this order: <see cref="StartAsync"/>, then for each batch <see cref="ReadAsync"/>,
/// <see cref="WritePosition"/>, <see cref="AcknowledgeAsync"/>. Reconnecting is the source's own matter, for ever and
/// visibly: it reports <c>Running</c> once its devices can be heard, and what it does when they cannot.
/// </remarks>
public interface ISource : IAsyncDisposable
{
    /// <summary>Where the data come from, in OpenLineage's naming: namespace (<c>mqtt://host:port</c>) and name (the filters).</summary>
    (string Namespace, string Name) Dataset { get; }

    /// <summary>Opens the session.</summary>
    /// <param name="position">What <see cref="WritePosition"/> wrote with the last durable batch; empty on the first start.</param>
    Task StartAsync(ReadOnlyMemory<byte> position, CancellationToken cancellationToken);

    /// <summary>
    /// Waits for the first message, then takes what comes until the batch is full or the window is over. Messages of
    /// one batch have one order, in which they are acknowledged. Cancelled, it hands over what it has taken; with nothing taken
    /// it throws.
    /// </summary>
    /// <exception cref="OperationCanceledException">Cancelled, and the batch is empty.</exception>
    ValueTask ReadAsync(SourceBatch batch, CancellationToken cancellationToken);

    /// <summary>Writes the position that stands when the batch is durable.</summary>
    void WritePosition(IBufferWriter<byte> output);

    /// <summary>The batch is durable: acknowledges its messages upstream, in order.</summary>
    ValueTask AcknowledgeAsync(SourceBatch batch, CancellationToken cancellationToken);
}

using System.Buffers;
using System.Buffers.Binary;
using Fabric.Connectors.Runner;
using Fabric.Simulation.Scheduling;

namespace Fabric.Simulation.Plant;

/// <summary>
/// A protocol as the runner sees one: messages in order, repeated until they are acknowledged. What was durable already when the
/// session begins is not handed over again, which is what a connector keeps its position for.
/// </summary>
internal sealed class ScriptedSource(PlantLedger ledger, SimulatedProcess process) : ISource
{
    private const int BatchMax = 40;

    private long _next;

    public (string Namespace, string Name) Dataset => ("plant://simulated", "ledger");

    public Task StartAsync(ReadOnlyMemory<byte> position, CancellationToken cancellationToken)
    {
        _next = position.IsEmpty ? 0 : BinaryPrimitives.ReadInt64BigEndian(position.Span);
        if (process.IsAlive)
        {
            ledger.BeginAt(_next, process.Name);
            ledger.Acknowledge(_next); // what is durable and was sent again is acknowledged again
        }

        return Task.CompletedTask;
    }

    public ValueTask ReadAsync(SourceBatch batch, CancellationToken cancellationToken)
    {
        long published;
        while ((published = ledger.PublishedBy(process.Simulator.Now)) <= _next)
        {
            cancellationToken.ThrowIfCancellationRequested();
            process.ThrowIfDead();
            bool isOver = _next >= ledger.Messages;
            process.Wait(
                isOver ? TimeSpan.FromSeconds(10) : ledger.TimeOf(_next) - process.Simulator.Now + TimeSpan.FromTicks(1), cancellationToken);
        }

        cancellationToken.ThrowIfCancellationRequested();
        process.ThrowIfDead();
        long end = Math.Min(published, _next + process.Simulator.Random.Next(1, BatchMax + 1));
        for (; _next < end; _next++)
        {
            ledger.Read(_next, batch, process.Simulator.Now);
        }

        return ValueTask.CompletedTask;
    }

    public void WritePosition(IBufferWriter<byte> output)
    {
        BinaryPrimitives.WriteInt64BigEndian(output.GetSpan(sizeof(long)), _next);
        output.Advance(sizeof(long));
    }

    public ValueTask AcknowledgeAsync(SourceBatch batch, CancellationToken cancellationToken)
    {
        if (process.IsAlive)
        {
            ledger.Acknowledge(_next);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

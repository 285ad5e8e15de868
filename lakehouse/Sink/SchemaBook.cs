using Fabric.Avro;
using Fabric.Avro.Registry;
using Fabric.Core;

namespace Fabric.Lakehouse.Sink;

/// <summary>Schemas by id. Ids that the registry does not know are remembered for a while: a flood of them asks once.</summary>
/// <remarks>Owned by the sink's thread, which waits for the registry.</remarks>
internal sealed class SchemaBook(ISchemaRegistry registry, TimeProvider clock)
{
    private const int UnknownMax = 1_000;
    private static readonly TimeSpan UnknownFor = TimeSpan.FromSeconds(30);

    private readonly Dictionary<int, (FabricException Failure, long Since)> _unknown = [];

    /// <exception cref="RegistryException">Unknown, refused or not reachable.</exception>
    /// <exception cref="AvroException">What is registered is no Avro schema.</exception>
    public Schema Get(int id)
    {
        if (_unknown.TryGetValue(id, out (FabricException Failure, long Since) known)
            && clock.GetElapsedTime(known.Since) < UnknownFor)
        {
            throw known.Failure;
        }

        try
        {
            return registry.GetAsync(id, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        }
        catch (FabricException exception) when (IsOfTheRecord(exception))
        {
            if (_unknown.Count >= UnknownMax)
            {
                _unknown.Clear();
            }

            _unknown[id] = (exception, clock.GetTimestamp());
            throw;
        }
    }

    /// <summary>Whether a failure says something about the record, and not about the registry or who asks it.</summary>
    public static bool IsOfTheRecord(FabricException exception) =>
        exception is AvroException or RegistryException { Code: RegistryCode.Unknown };
}

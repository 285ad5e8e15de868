using Fabric.Avro;
using Fabric.Avro.Registry;

namespace Fabric.Topologies.Testing;

/// <summary>
/// A schema registry in memory, to test topologies with <see cref="Fabric.Streams.Testing.TopologyTestDriver"/>: one id per schema, first
/// come first numbered, and every schema is accepted under every subject.
/// </summary>
/// <remarks>Not thread-safe, as the driver is not.</remarks>
public sealed class TestSchemaRegistry : ISchemaRegistry
{
    private readonly List<Schema> _schemas = [];

    public ValueTask<int> RegisterAsync(string subject, Schema schema, CancellationToken cancellationToken)
    {
        int known = _schemas.FindIndex(there => there.ToJson() == schema.ToJson());
        if (known < 0)
        {
            _schemas.Add(schema);
            known = _schemas.Count - 1;
        }

        return ValueTask.FromResult(known + 1);
    }

    /// <exception cref="RegistryException"><see cref="RegistryCode.Unknown"/>: nothing was registered under the id.</exception>
    public ValueTask<Schema> GetAsync(int id, CancellationToken cancellationToken) => id >= 1 && id <= _schemas.Count
        ? ValueTask.FromResult(_schemas[id - 1])
        : throw new RegistryException(RegistryCode.Unknown, $"No schema was registered under the id {id}");
}

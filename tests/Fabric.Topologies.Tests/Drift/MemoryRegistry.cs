using Fabric.Avro;
using Fabric.Avro.Registry;

namespace Fabric.Topologies.Tests;

/// <summary>A schema registry in memory: one id per schema, first come first numbered.</summary>
internal sealed class MemoryRegistry : ISchemaRegistry
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

    public ValueTask<Schema> GetAsync(int id, CancellationToken cancellationToken) => ValueTask.FromResult(_schemas[id - 1]);
}

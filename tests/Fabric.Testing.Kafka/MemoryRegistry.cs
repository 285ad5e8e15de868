using System.Collections.Concurrent;
using Fabric.Avro;
using Fabric.Avro.Registry;

namespace Fabric.Testing.Kafka;

/// <summary>A schema registry in memory: one id per schema, first come first numbered.</summary>
public sealed class MemoryRegistry : ISchemaRegistry
{
    private readonly ConcurrentDictionary<int, Schema> _schemas = new();
    private readonly Lock _lock = new();

    /// <summary>Thrown instead of an answer while set.</summary>
    public RegistryException? Failure { get; set; }

    public ValueTask<int> RegisterAsync(string subject, Schema schema, CancellationToken cancellationToken)
    {
        string text = schema.ToJson();
        lock (_lock)
        {
            foreach ((int known, Schema there) in _schemas)
            {
                if (there.ToJson() == text)
                {
                    return ValueTask.FromResult(known);
                }
            }

            int id = _schemas.Count + 1;
            _schemas[id] = schema;
            return ValueTask.FromResult(id);
        }
    }

    public ValueTask<Schema> GetAsync(int id, CancellationToken cancellationToken) =>
        Failure is { } failure ? throw failure
        : _schemas.TryGetValue(id, out Schema? schema) ? ValueTask.FromResult(schema)
        : throw new RegistryException(RegistryCode.Unknown, $"No schema has the id {id}");
}

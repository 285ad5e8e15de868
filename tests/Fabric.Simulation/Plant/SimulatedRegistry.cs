using Fabric.Avro;
using Fabric.Avro.Registry;
using Fabric.Simulation.Kafka;
using Fabric.Simulation.Scheduling;

namespace Fabric.Simulation.Plant;

/// <summary>Schemas by id, shared by all processes: one id per schema, first come first numbered.</summary>
internal sealed class SchemaShelf
{
    private readonly List<(string Text, Schema Schema)> _schemas = [];

    public int IdOf(Schema schema)
    {
        string text = schema.ToJson();
        int at = _schemas.FindIndex(known => known.Text == text);
        if (at < 0)
        {
            _schemas.Add((text, schema));
            at = _schemas.Count - 1;
        }

        return at + 1;
    }

    public Schema? Find(int id) => id >= 1 && id <= _schemas.Count ? _schemas[id - 1].Schema : null;
}

/// <summary>The door to the registry as one process has it; what was answered once is remembered, as clients do.</summary>
internal sealed class SimulatedRegistry(SchemaShelf shelf, SimulatedProcess process, Faults faults) : ISchemaRegistry
{
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<int, Schema> _schemas = [];

    public ValueTask<int> RegisterAsync(string subject, Schema schema, CancellationToken cancellationToken)
    {
        string key = $"{subject} {schema.ToJson()}";
        if (!_ids.TryGetValue(key, out int id))
        {
            Ask();
            _ids[key] = id = shelf.IdOf(schema);
        }

        return ValueTask.FromResult(id);
    }

    public ValueTask<Schema> GetAsync(int id, CancellationToken cancellationToken)
    {
        if (!_schemas.TryGetValue(id, out Schema? schema))
        {
            Ask();
            _schemas[id] = schema = shelf.Find(id) ?? throw new RegistryException(RegistryCode.Unknown, $"No schema has the id {id}");
        }

        return ValueTask.FromResult(schema);
    }

    private void Ask()
    {
        if (process.IsAlive)
        {
            process.Simulator.Current!.Park(process.Simulator.Between(0.5, 5));
        }

        if (!process.IsAlive || process.Simulator.Chance(faults.RegistryAway))
        {
            if (process.IsAlive)
            {
                process.Simulator.Trace.Add("registry-away");
            }

            throw new RegistryException(RegistryCode.Unavailable, "Injected: the registry is away", isRetriable: true);
        }
    }
}

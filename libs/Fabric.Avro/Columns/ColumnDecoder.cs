using Fabric.Core.Columns;

namespace Fabric.Avro;

/// <summary>
/// Decodes records of any version of a schema into one batch: a <see cref="ColumnPlan"/> per writer's schema id, compiled when
/// the id is first met.
/// </summary>
/// <remarks>Not thread-safe: one per batch.</remarks>
/// <param name="mapping">The columns.</param>
/// <param name="batch">Has at least these columns; what else it has is the caller's to fill.</param>
/// <param name="writerById">The writer's schema by registry id; called once per id. What it throws goes through.</param>
public sealed class ColumnDecoder(ColumnMapping mapping, ColumnBatch batch, Func<int, Schema> writerById)
{
    private readonly ColumnTarget _target = new(mapping, batch);
    private readonly Dictionary<int, ColumnPlan> _plans = [];
    private int _lastId = -1;
    private ColumnPlan? _lastPlan;

    public ColumnMapping Mapping => mapping;

    public ColumnBatch Batch => batch;

    /// <summary>Appends the rows of one body; returns how many.</summary>
    /// <exception cref="AvroException">As <see cref="ColumnPlan.Decode"/> and <see cref="ColumnPlan.Compile"/>; no row is added then.</exception>
    public int Append(int schemaId, ReadOnlySpan<byte> body)
    {
        if (_lastId != schemaId || _lastPlan is null)
        {
            _lastPlan = PlanFor(schemaId);
            _lastId = schemaId;
        }

        return _lastPlan.Decode(body, _target);
    }

    private ColumnPlan PlanFor(int schemaId)
    {
        if (!_plans.TryGetValue(schemaId, out ColumnPlan? plan))
        {
            plan = ColumnPlan.Compile(writerById(schemaId), mapping);
            _plans.Add(schemaId, plan);
        }

        return plan;
    }
}

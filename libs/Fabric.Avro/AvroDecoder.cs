using System.Collections.Concurrent;

namespace Fabric.Avro;

/// <summary>
/// Reads bodies into a generated record type, whatever version they were written with. Plans are compiled once per writer's
/// schema id.
/// </summary>
/// <typeparam name="T">A generated record.</typeparam>
/// <remarks>The plans may be shared between threads; the string pool may not: one decoder per reading thread.</remarks>
/// <param name="writerById">The writer's schema by registry id; called once per id. What it throws goes through.</param>
public sealed class AvroDecoder<T>(Func<int, Schema> writerById)
    where T : class, IAvroRecord<T>, new()
{
    private readonly ConcurrentDictionary<int, ValuePlan> _plans = new();
    private readonly StringPool _strings = new();
    private int _lastId = -1;
    private ValuePlan? _lastPlan;

    /// <summary>Overwrites <paramref name="into"/> with a body. After an exception its fields are undefined.</summary>
    /// <exception cref="AvroException">The body is malformed, has trailing bytes, or its schema cannot be read as T.</exception>
    public void Decode(int schemaId, ReadOnlySpan<byte> body, T into)
    {
        ValuePlan plan = _lastId == schemaId && _lastPlan is { } last ? last : PlanFor(schemaId);
        var reader = new AvroReader(body, _strings);
        try
        {
            if (plan.IsDirect)
            {
                into.ReadFrom(ref reader);
            }
            else
            {
                into.ReadFrom(ref reader, plan);
            }

            reader.ExpectEnd();
        }
        catch (AvroException e)
        {
            throw FieldPath.Locate(e, plan.Writer, body);
        }
    }

    /// <summary>Reads a body into a new record.</summary>
    /// <exception cref="AvroException">As <see cref="Decode(int, ReadOnlySpan{byte}, T)"/>.</exception>
    public T Decode(int schemaId, ReadOnlySpan<byte> body)
    {
        ValuePlan plan = _lastId == schemaId && _lastPlan is { } last ? last : PlanFor(schemaId);
        var reader = new AvroReader(body, _strings);
        try
        {
            T record = plan.IsDirect ? T.Read(ref reader) : T.Read(ref reader, plan);
            reader.ExpectEnd();
            return record;
        }
        catch (AvroException e)
        {
            throw FieldPath.Locate(e, plan.Writer, body);
        }
    }

    private ValuePlan PlanFor(int schemaId)
    {
        _lastPlan = _plans.GetOrAdd(schemaId, id => ValuePlan.Compile(writerById(id), T.Schema));
        _lastId = schemaId;
        return _lastPlan;
    }
}

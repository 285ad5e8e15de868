using System.Buffers;
using System.Collections.Concurrent;
using Fabric.Avro;
using Fabric.Avro.Registry;
using Fabric.Streams;

namespace Fabric.Topologies.Serdes;

/// <summary>Records in Confluent's wire format, whatever version they were written with.</summary>
/// <remarks>
/// Thread-safe. While the registry is away, records of schemas never seen before wait: an outage is no reason to quarantine.
/// </remarks>
public sealed class AvroSerde<T> : ISerde<T>
    where T : class, IAvroRecord<T>, new()
{
    private readonly SchemaIds _ids;
    private readonly bool _isAlone;
    private readonly ThreadLocal<(AvroDecoder<T> Decoder, T? Record)> _decoders;

    /// <param name="isAlone">
    /// Whether the topic holds records of this type only (subject <c>topic-value</c>); else the subject names the type too
    /// (<c>topic-fullname</c>, Confluent's TopicRecordNameStrategy).
    /// </param>
    /// <param name="reusesRecord">
    /// Whether a thread is given one record again and again, for steps that are done with it when they return. Default: a new one
    /// each time, which may be kept.
    /// </param>
    public AvroSerde(SchemaIds ids, bool isAlone = true, bool reusesRecord = false)
    {
        _ids = ids;
        _isAlone = isAlone;
        _decoders = new ThreadLocal<(AvroDecoder<T>, T?)>(
            () => (new AvroDecoder<T>(ids.SchemaOf), reusesRecord ? new T() : null));
    }

    public void Serialize(T value, in SerdeContext context, IBufferWriter<byte> output)
    {
        var writer = new AvroWriter(output);
        ConfluentFraming.WriteHeader(ref writer, _ids.IdOf(context.Topic, T.Schema, _isAlone));
        value.Write(ref writer);
        writer.Flush();
    }

    /// <exception cref="AvroException">Not in the wire format, or malformed.</exception>
    public T Deserialize(ReadOnlySpan<byte> data, in SerdeContext context)
    {
        FramingResult framing = ConfluentFraming.TryRead(data, out int schemaId, out ReadOnlySpan<byte> body);
        if (framing != FramingResult.Ok)
        {
            throw new AvroException(
                framing == FramingResult.TooShort ? "AVRO_FRAME_TOO_SHORT" : "AVRO_FRAME_BAD_MAGIC",
                "The value is not in the schema registry's wire format");
        }

        (AvroDecoder<T> decoder, T? record) = _decoders.Value;
        if (record is null)
        {
            return decoder.Decode(schemaId, body);
        }

        decoder.Decode(schemaId, body, record);
        return record;
    }
}

/// <summary>The registry as serdes need it: synchronous, cached, and patient while it is away.</summary>
/// <remarks>Thread-safe.</remarks>
/// <param name="stopping">Ends the waiting when the process stops.</param>
public sealed class SchemaIds(ISchemaRegistry registry, CancellationToken stopping)
{
    private readonly ConcurrentDictionary<(string Topic, Schema Schema), int> _ids = new();
    private readonly ConcurrentDictionary<int, Schema> _schemas = new();

    /// <summary>The id under which values of a topic are written.</summary>
    /// <param name="isAlone">Whether values of the topic have one type.</param>
    /// <exception cref="RegistryException">The registry refuses the schema.</exception>
    public int IdOf(string topic, Schema schema, bool isAlone = true) => _ids.TryGetValue((topic, schema), out int id)
        ? id
        : _ids.GetOrAdd((topic, schema), Wait(() => registry.RegisterAsync(
            isAlone ? $"{topic}-value" : $"{topic}-{schema.FullName}", schema, stopping)));

    /// <summary>The schema of an id.</summary>
    /// <exception cref="RegistryException">The registry does not know the id.</exception>
    public Schema SchemaOf(int id) => _schemas.TryGetValue(id, out Schema? schema)
        ? schema
        : _schemas.GetOrAdd(id, Wait(() => registry.GetAsync(id, stopping)));

    private TResult Wait<TResult>(Func<ValueTask<TResult>> ask)
    {
        while (true)
        {
            try
            {
                return ask().AsTask().GetAwaiter().GetResult();
            }
            catch (RegistryException exception) when (exception.IsRetriable && !stopping.IsCancellationRequested)
            {
                // The client has waited between its own attempts; what is asked next waits behind this.
            }
        }
    }
}

namespace Fabric.Avro.Registry;

/// <summary>Encodes one record type in Confluent's wire format into a buffer that is used again and again.</summary>
/// <remarks>Not thread-safe: one per writer.</remarks>
/// <param name="schemaId">The registry's id of T's schema.</param>
public sealed class RecordEncoder<T>(int schemaId) : IDisposable
    where T : class, IAvroRecord<T>, new()
{
    private readonly AvroBuffer _buffer = new();

    /// <summary>Registers the type's schema for the values of a topic.</summary>
    public static async ValueTask<RecordEncoder<T>> OpenAsync(
        ISchemaRegistry registry, string topic, CancellationToken cancellationToken) =>
        new(await registry.RegisterAsync($"{topic}-value", T.Schema, cancellationToken).ConfigureAwait(false));

    /// <summary>The framed record. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Encode(T record)
    {
        _buffer.Clear();
        var writer = new AvroWriter(_buffer);
        ConfluentFraming.WriteHeader(ref writer, schemaId);
        record.Write(ref writer);
        writer.Flush();
        return _buffer.WrittenSpan;
    }

    public void Dispose() => _buffer.Dispose();
}

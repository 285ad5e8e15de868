namespace Fabric.Avro.Registry;

/// <summary>
/// The door to the schema registry: ids for schemas that are written, schemas for ids that are read. Implementations cache
/// both for ever (ids are never reused), retry what may pass, and are thread-safe.
/// </summary>
public interface ISchemaRegistry
{
    /// <summary>Registers the schema under the subject, or finds it there.</summary>
    /// <param name="subject">By topic name: <c>&lt;topic&gt;-value</c>.</param>
    /// <returns>The global id to write into Confluent's frame.</returns>
    /// <exception cref="AvroException">
    /// <c>SCHEMA_INCOMPATIBLE</c>: the subject's compatibility level refuses it; <c>REGISTRY_UNAVAILABLE</c> (retriable).
    /// </exception>
    ValueTask<int> RegisterAsync(string subject, Schema schema, CancellationToken cancellationToken);

    /// <summary>The schema of an id.</summary>
    /// <exception cref="AvroException"><c>SCHEMA_UNKNOWN</c>, or <c>REGISTRY_UNAVAILABLE</c> (retriable).</exception>
    ValueTask<Schema> GetAsync(int id, CancellationToken cancellationToken);
}

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
    /// <exception cref="RegistryException">
    /// <see cref="RegistryCode.Incompatible"/>: the subject's level refuses it; <see cref="RegistryCode.Unavailable"/> (retriable).
    /// </exception>
    ValueTask<int> RegisterAsync(string subject, Schema schema, CancellationToken cancellationToken);

    /// <summary>The schema of an id.</summary>
    /// <exception cref="RegistryException">
    /// <see cref="RegistryCode.Unknown"/>, or <see cref="RegistryCode.Unavailable"/> (retriable).
    /// </exception>
    /// <exception cref="AvroException">The registered text is no Avro schema.</exception>
    ValueTask<Schema> GetAsync(int id, CancellationToken cancellationToken);
}

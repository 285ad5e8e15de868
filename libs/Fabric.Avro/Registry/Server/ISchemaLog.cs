namespace Fabric.Avro.Registry.Server;

/// <summary>
/// The door to the compacted <c>_schemas</c> topic, in which the registry keeps everything. There is one writer; a second one
/// fences the first.
/// </summary>
public interface ISchemaLog
{
    /// <summary>Claims the log for this writer and reads it to its end, in order.</summary>
    /// <param name="apply">Called with key and value (null: tombstone) of each record, JSON as Confluent's registry writes it.</param>
    Task OpenAsync(Action<string, string?> apply, CancellationToken cancellationToken);

    /// <summary>Appends records, all or none; durable when it returns.</summary>
    /// <exception cref="RegistryException">Not written (<see cref="RegistryCode.Unavailable"/>), or this writer was fenced
    /// (<see cref="RegistryCode.Refused"/>).</exception>
    Task AppendAsync(IReadOnlyList<(string Key, string? Value)> records, CancellationToken cancellationToken);
}

namespace Fabric.Avro.Registry;

/// <summary>Another subject's version whose named types a schema uses.</summary>
/// <param name="Name">The full name by which the schema refers to it.</param>
public sealed record SchemaReference(string Name, string Subject, int Version);

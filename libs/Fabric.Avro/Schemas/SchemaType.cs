namespace Fabric.Avro;

/// <summary>The kinds of Avro types. Primitive kinds come first, in the order of the specification.</summary>
public enum SchemaType
{
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Record,
    Enum,
    Array,
    Map,
    Union,
    Fixed,
}

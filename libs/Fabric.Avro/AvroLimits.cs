namespace Fabric.Avro;

/// <summary>Bounds that hold against hostile input. Each is compared before memory is taken or a call is nested.</summary>
public static class AvroLimits
{
    /// <summary>Characters of one schema text: Confluent's registry takes about as much in one request.</summary>
    public const int SchemaCharsMax = 1 << 20;

    /// <summary>Nesting of types inside types in a schema.</summary>
    public const int SchemaDepthMax = 128;

    /// <summary>Branches of one union.</summary>
    public const int UnionBranchesMax = 1_000;

    /// <summary>Named types in one schema.</summary>
    public const int NamedTypesMax = 10_000;

    /// <summary>Bytes of a fixed type.</summary>
    public const int FixedBytesMax = 1 << 24;

    /// <summary>Bytes of one encoded default value.</summary>
    public const int DefaultBytesMax = 1 << 20;

    /// <summary>Nesting of values inside values in data (recursive types; arrays of maps of records).</summary>
    public const int DataDepthMax = 128;

    /// <summary>Items that take no bytes (nulls, empty records) in one body, over all its arrays and maps.</summary>
    public const int EmptyItemsMax = 65_536;

    /// <summary>Bytes that one field beside an exploded array may take over all rows of its record.</summary>
    public const long RepeatedBytesMax = 256L << 20;

    /// <summary>Values visited while one default is encoded: defaults that expand into defaults double at each level.</summary>
    internal const int DefaultNodesMax = 100_000;

    /// <summary>Nesting of JSON in a schema text: a record takes four levels of JSON per level of type.</summary>
    internal const int JsonDepthMax = 4 * SchemaDepthMax;
}

namespace Fabric.Delta.Schema;

/// <summary>The type of a column, list element, map key or map value.</summary>
public abstract record DataType
{
    private protected DataType()
    {
    }

    /// <summary>As Delta's schema JSON writes a primitive; for nested types <c>array</c>, <c>map</c> or <c>struct</c>.</summary>
    public abstract string Name { get; }
}

/// <summary>A type that is written as one word.</summary>
public sealed record PrimitiveType : DataType
{
    public static readonly PrimitiveType String = new("string");
    public static readonly PrimitiveType Long = new("long");
    public static readonly PrimitiveType Integer = new("integer");
    public static readonly PrimitiveType Short = new("short");
    public static readonly PrimitiveType Byte = new("byte");
    public static readonly PrimitiveType Float = new("float");
    public static readonly PrimitiveType Double = new("double");
    public static readonly PrimitiveType Boolean = new("boolean");
    public static readonly PrimitiveType Binary = new("binary");
    public static readonly PrimitiveType Date = new("date");

    /// <summary>A moment: microseconds since 1970-01-01T00:00:00Z.</summary>
    public static readonly PrimitiveType Timestamp = new("timestamp");

    /// <summary>A local date and time without zone; needs the feature <c>timestampNtz</c>.</summary>
    public static readonly PrimitiveType TimestampNtz = new("timestamp_ntz");

    /// <summary>Always null, never stored in a file.</summary>
    public static readonly PrimitiveType Void = new("void");

    /// <summary>Semi-structured; needs the feature <c>variantType</c>.</summary>
    public static readonly PrimitiveType Variant = new("variant");

    private static readonly Dictionary<string, PrimitiveType> ByName = new PrimitiveType[]
    {
        String, Long, Integer, Short, Byte, Float, Double, Boolean, Binary, Date, Timestamp, TimestampNtz, Void, Variant,
    }.ToDictionary(type => type.Name, StringComparer.Ordinal);

    private PrimitiveType(string name) => Name = name;

    public override string Name { get; }

    /// <summary>The type of that name, null when Delta has none.</summary>
    public static PrimitiveType? Named(string name) => ByName.GetValueOrDefault(name);
}

/// <summary>An exact decimal number.</summary>
/// <param name="Precision">Digits, 0..38 (Spark writes 0, which holds only zero).</param>
/// <param name="Scale">Digits after the point, 0..<paramref name="Precision"/>.</param>
public sealed record DecimalType(int Precision, int Scale) : DataType
{
    public const int PrecisionMax = 38;

    public override string Name => $"decimal({Precision},{Scale})";
}

/// <summary>A list.</summary>
public sealed record ArrayType(DataType ElementType, bool ContainsNull) : DataType
{
    public override string Name => "array";
}

/// <summary>A map.</summary>
public sealed record MapType(DataType KeyType, DataType ValueType, bool ValueContainsNull) : DataType
{
    public override string Name => "map";
}

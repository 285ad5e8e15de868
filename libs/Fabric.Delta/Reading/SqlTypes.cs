using System.Globalization;
using System.Text;
using Fabric.Delta.Schema;
using Fabric.DuckDb;

namespace Fabric.Delta.Reading;

/// <summary>Delta's types in DuckDB's SQL.</summary>
internal static class SqlTypes
{
    /// <summary>The type under which a column is shown.</summary>
    public static string Of(DataType type) => Of(type, isPhysical: false);

    /// <summary>The type as it stands in files: inside structs the fields have their physical names.</summary>
    public static string InFiles(DataType type) => Of(type, isPhysical: true);

    /// <summary>A path as read_parquet takes it literally: it expands <c>*</c>, <c>?</c> and <c>[</c>, which may stand in names.</summary>
    public static string LiteralPath(string path)
    {
        if (path.AsSpan().IndexOfAny('*', '?', '[') < 0)
        {
            return path;
        }

        var text = new StringBuilder(path.Length + 8);
        foreach (char c in path)
        {
            _ = c is '*' or '?' or '[' ? text.Append('[').Append(c).Append(']') : text.Append(c);
        }

        return text.ToString();
    }

    private static string Of(DataType type, bool isPhysical) => type switch
    {
        PrimitiveType primitive => Primitive(primitive),
        DecimalType number => string.Create(
            CultureInfo.InvariantCulture, $"DECIMAL({Math.Max(1, number.Precision)},{number.Scale})"),
        ArrayType array => Of(array.ElementType, isPhysical) + "[]",
        MapType map => $"MAP({Of(map.KeyType, isPhysical)}, {Of(map.ValueType, isPhysical)})",
        StructType structure => Struct(structure, isPhysical),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown type"),
    };

    private static string Struct(StructType structure, bool isPhysical)
    {
        IEnumerable<string> fields = structure.Fields.Select(field =>
            $"{SqlText.Identifier(isPhysical ? field.PhysicalName ?? field.Name : field.Name)} {Of(field.Type, isPhysical)}");
        return $"STRUCT({string.Join(", ", fields)})";
    }

    private static string Primitive(PrimitiveType type) => type.Name switch
    {
        "string" => "VARCHAR",
        "long" => "BIGINT",
        "integer" => "INTEGER",
        "short" => "SMALLINT",
        "byte" => "TINYINT",
        "float" => "FLOAT",
        "double" => "DOUBLE",
        "boolean" => "BOOLEAN",
        "binary" => "BLOB",
        "date" => "DATE",
        "timestamp" => "TIMESTAMP WITH TIME ZONE",
        "void" => "INTEGER", // always null; DuckDB's "NULL" type cannot be a column of a view
        _ => throw new ArgumentOutOfRangeException(nameof(type), type.Name, "Refused when the snapshot was loaded"),
    };
}

using System.Text.Json;

namespace Fabric.Delta.Schema;

/// <summary>Named fields in order: a table's schema, or a column with parts.</summary>
/// <remarks>Names are unique ignoring case: <see cref="SchemaJson"/> refuses others.</remarks>
public sealed record StructType(IReadOnlyList<StructField> Fields) : DataType
{
    public override string Name => "struct";

    /// <summary>The field of that name ignoring case (Delta's rule), null when there is none.</summary>
    public StructField? Find(string name)
    {
        foreach (StructField field in Fields)
        {
            if (string.Equals(field.Name, name, StringComparison.OrdinalIgnoreCase))
            {
                return field;
            }
        }

        return null;
    }

    public bool Equals(StructType? other) => other is not null && Fields.SequenceEqual(other.Fields);

    public override int GetHashCode() => Fields.Aggregate(17, HashCode.Combine);
}

/// <summary>One field of a struct, or one column of a table.</summary>
/// <param name="Metadata">What the writer noted about the field, as JSON values; never null.</param>
public sealed record StructField(
    string Name, DataType Type, bool Nullable, IReadOnlyDictionary<string, JsonElement> Metadata)
{
    internal const string PhysicalNameKey = "delta.columnMapping.physicalName";
    internal const string ColumnIdKey = "delta.columnMapping.id";
    internal const string InvariantsKey = "delta.invariants";
    internal const string GenerationKey = "delta.generationExpression";

    private static readonly IReadOnlyDictionary<string, JsonElement> NoMetadata =
        new Dictionary<string, JsonElement>();

    /// <summary>A field without notes.</summary>
    public StructField(string name, DataType type, bool nullable = true)
        : this(name, type, nullable, NoMetadata)
    {
    }

    /// <summary>The column's name inside files when column mapping is on, else null.</summary>
    public string? PhysicalName =>
        Metadata.TryGetValue(PhysicalNameKey, out JsonElement name) && name.ValueKind == JsonValueKind.String
            ? name.GetString()
            : null;

    /// <summary>The column's Parquet field id when column mapping is on, else null.</summary>
    public int? ColumnId =>
        Metadata.TryGetValue(ColumnIdKey, out JsonElement id) && id.ValueKind == JsonValueKind.Number
            && id.TryGetInt32(out int number)
            ? number
            : null;

    public bool Equals(StructField? other) =>
        other is not null && Name == other.Name && Type.Equals(other.Type) && Nullable == other.Nullable
        && Metadata.Count == other.Metadata.Count
        && Metadata.All(pair => other.Metadata.TryGetValue(pair.Key, out JsonElement value)
            && JsonElement.DeepEquals(pair.Value, value));

    public override int GetHashCode() => HashCode.Combine(Name, Type, Nullable);
}

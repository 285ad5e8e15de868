namespace Fabric.Delta.Schema;

/// <summary>What a wanted schema means for a table's: the same, a widening, or another table.</summary>
public abstract record SchemaMerge
{
    private SchemaMerge()
    {
    }

    /// <summary>The table holds everything wanted.</summary>
    public sealed record Same : SchemaMerge;

    /// <summary>Nullable fields are new, or required ones became nullable: old files stay readable.</summary>
    /// <param name="Schema">The table's fields in their order with their notes, the new ones behind.</param>
    public sealed record Widened(StructType Schema) : SchemaMerge;

    /// <summary>Old files would be read wrongly.</summary>
    /// <param name="Reasons">Every obstacle, each with the field's path.</param>
    public sealed record Incompatible(IReadOnlyList<string> Reasons) : SchemaMerge;
}

/// <summary>
/// The changes a commit may make to a schema: added nullable fields (also inside structs, lists and maps), and required fields
/// made nullable. Fields the wanted schema lacks stay; they read as null in new files and so must be nullable.
/// </summary>
public static class SchemaEvolution
{
    public static SchemaMerge Merge(StructType table, StructType wanted)
    {
        var reasons = new List<string>();
        StructType merged = MergeStruct(table, wanted, "", reasons);
        return reasons.Count > 0 ? new SchemaMerge.Incompatible(reasons)
            : merged.Equals(table) ? new SchemaMerge.Same()
            : new SchemaMerge.Widened(merged);
    }

    private static StructType MergeStruct(StructType table, StructType wanted, string path, List<string> reasons)
    {
        var fields = new List<StructField>(table.Fields.Count);
        foreach (StructField field in table.Fields)
        {
            string fieldPath = Append(path, field.Name);
            if (wanted.Find(field.Name) is not { } other)
            {
                if (!field.Nullable)
                {
                    reasons.Add($"'{fieldPath}' is required in the table and missing now");
                }

                fields.Add(field);
                continue;
            }

            if (other.Name != field.Name)
            {
                reasons.Add($"'{Append(path, other.Name)}' differs from the table's '{field.Name}' only in case");
            }

            fields.Add(field with
            {
                Type = MergeType(field.Type, other.Type, fieldPath, reasons),
                Nullable = field.Nullable || other.Nullable,
            });
        }

        foreach (StructField added in wanted.Fields.Where(field => table.Find(field.Name) is null))
        {
            if (!added.Nullable)
            {
                reasons.Add($"'{Append(path, added.Name)}' is new and required, but old files do not have it");
            }

            fields.Add(added);
        }

        return new StructType(fields);
    }

    private static DataType MergeType(DataType table, DataType wanted, string path, List<string> reasons)
    {
        switch (table, wanted)
        {
            case (StructType a, StructType b):
                return MergeStruct(a, b, path, reasons);
            case (ArrayType a, ArrayType b):
                return new ArrayType(
                    MergeType(a.ElementType, b.ElementType, path + ".element", reasons), a.ContainsNull || b.ContainsNull);
            case (MapType a, MapType b):
                return new MapType(
                    MergeType(a.KeyType, b.KeyType, path + ".key", reasons),
                    MergeType(a.ValueType, b.ValueType, path + ".value", reasons),
                    a.ValueContainsNull || b.ValueContainsNull);
            default:
                if (!table.Equals(wanted))
                {
                    reasons.Add($"'{path}' is {table.Name} in the table and {wanted.Name} now");
                }

                return table;
        }
    }

    private static string Append(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";
}

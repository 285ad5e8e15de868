namespace Fabric.Avro;

/// <summary>Lower bounds on encoded sizes.</summary>
internal static class SchemaBytes
{
    private const int Cap = 1 << 24;

    /// <summary>The fewest bytes any value of this type takes; a record met again inside itself counts as 0.</summary>
    public static int Min(Schema schema) => Min(schema, []);

    private static int Min(Schema schema, Dictionary<RecordSchema, int> known) => schema switch
    {
        FixedSchema type => type.Size,
        UnionSchema union => 1 + MinOfBranches(union, known),
        RecordSchema record => MinOfRecord(record, known),
        _ => schema.Type switch
        {
            SchemaType.Null => 0,
            SchemaType.Float => 4,
            SchemaType.Double => 8,
            _ => 1,
        },
    };

    private static int MinOfBranches(UnionSchema union, Dictionary<RecordSchema, int> known)
    {
        int least = union.BranchArray.Length == 0 ? 0 : Cap;
        foreach (Schema branch in union.BranchArray)
        {
            least = Math.Min(least, Min(branch, known));
        }

        return least;
    }

    private static int MinOfRecord(RecordSchema record, Dictionary<RecordSchema, int> known)
    {
        StackGuard.Check();
        if (known.TryGetValue(record, out int bytes))
        {
            return bytes;
        }

        known[record] = 0;
        long sum = 0;
        foreach (RecordField field in record.FieldArray)
        {
            sum += Min(field.Type, known);
        }

        return known[record] = (int)Math.Min(sum, Cap);
    }
}

namespace Fabric.Avro;

/// <summary>The rules by which a writer's type is one that a reader can take (Avro 1.12, "Schema Resolution").</summary>
internal static class SchemaMatch
{
    /// <summary>The plan for two primitive types, null when there is none.</summary>
    public static PlanKind? Promotion(SchemaType writer, SchemaType reader) => (writer, reader) switch
    {
        (SchemaType.Null, SchemaType.Null) => PlanKind.Null,
        (SchemaType.Boolean, SchemaType.Boolean) => PlanKind.Boolean,
        (SchemaType.Int, SchemaType.Int) => PlanKind.Int,
        (SchemaType.Int, SchemaType.Long) => PlanKind.IntToLong,
        (SchemaType.Int, SchemaType.Float) => PlanKind.IntToFloat,
        (SchemaType.Int, SchemaType.Double) => PlanKind.IntToDouble,
        (SchemaType.Long, SchemaType.Long) => PlanKind.Long,
        (SchemaType.Long, SchemaType.Float) => PlanKind.LongToFloat,
        (SchemaType.Long, SchemaType.Double) => PlanKind.LongToDouble,
        (SchemaType.Float, SchemaType.Float) => PlanKind.Float,
        (SchemaType.Float, SchemaType.Double) => PlanKind.FloatToDouble,
        (SchemaType.Double, SchemaType.Double) => PlanKind.Double,
        (SchemaType.Bytes or SchemaType.String, SchemaType.Bytes) => PlanKind.Bytes,
        (SchemaType.Bytes or SchemaType.String, SchemaType.String) => PlanKind.String,
        _ => null,
    };

    /// <summary>Same unqualified name, or the writer's name is among the reader's aliases.</summary>
    public static bool Names(NamedSchema writer, NamedSchema reader) =>
        writer.Name == reader.Name
        || reader.AliasNames.Any(alias => alias == writer.SchemaName
            || (alias.Namespace.Length == 0 && alias.Name == writer.Name));

    /// <summary>
    /// The writer's field for each of the reader's: the one of the same name, else the first of its aliases that the writer
    /// has and no name has claimed; null where there is none.
    /// </summary>
    public static RecordField?[] SourcesOf(RecordSchema reader, RecordSchema writer)
    {
        var sources = new RecordField?[reader.FieldArray.Length];
        var claimed = new HashSet<RecordField>();
        foreach (RecordField field in reader.FieldArray)
        {
            sources[field.Position] = writer.TryField(field.Name, out RecordField? same) ? same : null;
        }

        foreach (RecordField field in reader.FieldArray)
        {
            foreach (string alias in field.Aliases)
            {
                if (sources[field.Position] is null && writer.TryField(alias, out RecordField? older)
                    && !reader.TryField(alias, out _) && claimed.Add(older))
                {
                    sources[field.Position] = older;
                }
            }
        }

        return sources;
    }

    /// <summary>
    /// The branch that takes a writer's type: the same fullname, else the same kind under the rules for names, else the first
    /// that it can be promoted to; -1 when there is none. Java chooses in the same order.
    /// </summary>
    public static int BranchFor(Schema writer, UnionSchema reader)
    {
        Schema[] branches = reader.BranchArray;
        int found = Array.FindIndex(branches, b => b.Type == writer.Type && b.FullName == writer.FullName);
        if (found < 0 && writer is NamedSchema named)
        {
            found = Array.FindIndex(branches, b => b.Type == writer.Type && Names(named, (NamedSchema)b));
        }

        return found >= 0 ? found : Array.FindIndex(branches, b => Promotion(writer.Type, b.Type) is not null);
    }
}

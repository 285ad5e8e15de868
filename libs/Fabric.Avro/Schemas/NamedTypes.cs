namespace Fabric.Avro;

/// <summary>The named types inside a schema.</summary>
internal static class NamedTypes
{
    /// <summary>Adds every named type reachable from <paramref name="schema"/> under its fullname; the first of a name stays.</summary>
    public static void Collect(Schema schema, Dictionary<string, NamedSchema> into)
    {
        StackGuard.Check();
        if (schema is NamedSchema named && !into.TryAdd(named.FullName, named))
        {
            return;
        }

        switch (schema)
        {
            case RecordSchema record:
                foreach (RecordField field in record.FieldArray)
                {
                    Collect(field.Type, into);
                }

                break;
            case ArraySchema array:
                Collect(array.Items, into);
                break;
            case MapSchema map:
                Collect(map.Values, into);
                break;
            case UnionSchema union:
                foreach (Schema branch in union.BranchArray)
                {
                    Collect(branch, into);
                }

                break;
        }
    }
}

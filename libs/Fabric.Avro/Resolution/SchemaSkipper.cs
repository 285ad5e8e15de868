namespace Fabric.Avro;

/// <summary>Jumps over values by their schema, with every check a reader makes but those of values nobody looks at.</summary>
internal static class SchemaSkipper
{
    public static void Skip(ref AvroReader reader, Schema schema)
    {
        switch (schema.Type)
        {
            case SchemaType.Null:
                break;
            case SchemaType.Boolean:
                reader.ReadBoolean();
                break;
            case SchemaType.Int:
                reader.ReadInt();
                break;
            case SchemaType.Long:
                reader.ReadLong();
                break;
            case SchemaType.Float:
                reader.Skip(sizeof(float));
                break;
            case SchemaType.Double:
                reader.Skip(sizeof(double));
                break;
            case SchemaType.Bytes or SchemaType.String:
                reader.ReadBytes();
                break;
            case SchemaType.Fixed:
                reader.Skip(((FixedSchema)schema).Size);
                break;
            case SchemaType.Enum:
                reader.ReadEnum(((EnumSchema)schema).Symbols.Count);
                break;
            default:
                reader.Enter();
                SkipNested(ref reader, schema);
                reader.Leave();
                break;
        }
    }

    private static void SkipNested(ref AvroReader reader, Schema schema)
    {
        switch (schema)
        {
            case RecordSchema record:
                foreach (RecordField field in record.FieldArray)
                {
                    Skip(ref reader, field.Type);
                }

                break;
            case UnionSchema union:
                Skip(ref reader, union.BranchArray[reader.ReadUnion(union.BranchArray.Length)]);
                break;
            case ArraySchema array:
                SkipBlocks(ref reader, array.Items, isMap: false);
                break;
            case MapSchema map:
                SkipBlocks(ref reader, map.Values, isMap: true);
                break;
        }
    }

    private static void SkipBlocks(ref AvroReader reader, Schema items, bool isMap)
    {
        bool more = true;
        while (more)
        {
            int count = reader.ReadBlockToSkip(items.BytesMin + (isMap ? 1 : 0), out more);
            for (int i = 0; i < count; i++)
            {
                if (isMap)
                {
                    reader.ReadBytes();
                }

                Skip(ref reader, items);
            }
        }
    }
}

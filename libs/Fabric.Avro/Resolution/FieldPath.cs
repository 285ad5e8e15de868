namespace Fabric.Avro;

/// <summary>
/// Finds the field a malformed body fails in. Readers on the hot path know only the offset; when one throws, the body is
/// walked once more by its schema, and the walk knows the path.
/// </summary>
internal static class FieldPath
{
    /// <summary>The same error with the path of the value that stands at its offset; unchanged when the walk does not get there.</summary>
    public static AvroException Locate(AvroException error, Schema schema, ReadOnlySpan<byte> body)
    {
        if (error.Path.Length > 0 || error.Offset < 0)
        {
            return error;
        }

        var walk = new Walk(error.Offset);
        var reader = new AvroReader(body);
        try
        {
            walk.Visit(ref reader, schema, "");
        }
        catch (AvroException)
        {
            // The walk fails where the first reading failed, or just before: the last path it entered is the answer.
        }

        return walk.Path.Length == 0
            ? error
            : new AvroException(error.Code, error.Reason, walk.Path, error.Offset, error);
    }

    private sealed class Walk(long offset)
    {
        public string Path { get; private set; } = "";

        /// <summary>Returns false once the offset is passed.</summary>
        public bool Visit(ref AvroReader reader, Schema schema, string path)
        {
            if (reader.Position <= offset)
            {
                Path = path;
            }

            reader.Enter();
            bool goesOn = schema switch
            {
                RecordSchema record => VisitRecord(ref reader, record, path),
                ArraySchema array => VisitItems(ref reader, array.Items, path, isMap: false),
                MapSchema map => VisitItems(ref reader, map.Values, path, isMap: true),
                UnionSchema union => Visit(ref reader, union.BranchArray[reader.ReadUnion(union.BranchArray.Length)], path),
                _ => VisitLeaf(ref reader, schema),
            };
            reader.Leave();
            return goesOn;
        }

        private bool VisitLeaf(ref AvroReader reader, Schema schema)
        {
            SchemaSkipper.Skip(ref reader, schema);
            return reader.Position <= offset;
        }

        private bool VisitRecord(ref AvroReader reader, RecordSchema record, string path)
        {
            foreach (RecordField field in record.FieldArray)
            {
                if (!Visit(ref reader, field.Type, path.Length == 0 ? field.Name : $"{path}.{field.Name}"))
                {
                    return false;
                }
            }

            return true;
        }

        private bool VisitItems(ref AvroReader reader, Schema items, string path, bool isMap)
        {
            int index = 0;
            for (int count; (count = reader.ReadBlock(items.BytesMin + (isMap ? 1 : 0))) > 0;)
            {
                for (int i = 0; i < count; i++, index++)
                {
                    if (isMap)
                    {
                        reader.ReadBytes();
                    }

                    if (!Visit(ref reader, items, isMap ? $"{path}{{{index}}}" : $"{path}[{index}]"))
                    {
                        return false;
                    }
                }
            }

            return reader.Position <= offset;
        }
    }
}

using System.Globalization;
using System.Text;

namespace Fabric.Avro;

/// <summary>Parsing Canonical Form: two schemas with the same form read the same data the same way (Avro 1.12).</summary>
internal static class CanonicalForm
{
    public static string Of(Schema schema)
    {
        var text = new StringBuilder();
        Append(schema, text, new HashSet<string>(StringComparer.Ordinal));
        return text.ToString();
    }

    private static void Append(Schema schema, StringBuilder text, HashSet<string> defined)
    {
        StackGuard.Check();
        switch (schema)
        {
            case NamedSchema named when !defined.Add(named.FullName):
                text.Append('"').Append(named.FullName).Append('"');
                break;
            case RecordSchema record:
                AppendRecord(record, text, defined);
                break;
            case EnumSchema type:
                text.Append("{\"name\":\"").Append(type.FullName).Append("\",\"type\":\"enum\",\"symbols\":[");
                text.AppendJoin(',', type.Symbols.Select(symbol => $"\"{symbol}\"")).Append("]}");
                break;
            case FixedSchema type:
                text.Append(CultureInfo.InvariantCulture,
                    $"{{\"name\":\"{type.FullName}\",\"type\":\"fixed\",\"size\":{type.Size}}}");
                break;
            case ArraySchema array:
                Append(array.Items, text.Append("{\"type\":\"array\",\"items\":"), defined);
                text.Append('}');
                break;
            case MapSchema map:
                Append(map.Values, text.Append("{\"type\":\"map\",\"values\":"), defined);
                text.Append('}');
                break;
            case UnionSchema union:
                AppendUnion(union, text, defined);
                break;
            default:
                text.Append('"').Append(schema.FullName).Append('"');
                break;
        }
    }

    private static void AppendRecord(RecordSchema record, StringBuilder text, HashSet<string> defined)
    {
        string type = record.IsError ? "error" : "record";
        text.Append("{\"name\":\"").Append(record.FullName).Append("\",\"type\":\"").Append(type).Append("\",\"fields\":[");
        foreach (RecordField field in record.FieldArray)
        {
            text.Append(field.Position == 0 ? "" : ",").Append("{\"name\":\"").Append(field.Name).Append("\",\"type\":");
            Append(field.Type, text, defined);
            text.Append('}');
        }

        text.Append("]}");
    }

    private static void AppendUnion(UnionSchema union, StringBuilder text, HashSet<string> defined)
    {
        text.Append('[');
        for (int i = 0; i < union.BranchArray.Length; i++)
        {
            Append(union.BranchArray[i], text.Append(i == 0 ? "" : ","), defined);
        }

        text.Append(']');
    }
}

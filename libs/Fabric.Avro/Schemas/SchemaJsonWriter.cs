using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Fabric.Avro;

/// <summary>
/// From <see cref="Schema"/> to JSON. The normalized form orders attributes and sorts properties as Confluent's
/// <c>AvroSchema.normalize()</c> does (name, type, contents, doc, aliases, default, then properties).
/// </summary>
internal sealed class SchemaJsonWriter
{
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true, MaxDepth = 0,
    };

    private readonly HashSet<string> _defined = new(StringComparer.Ordinal);
    private readonly Utf8JsonWriter _json;
    private readonly bool _normalized;

    private SchemaJsonWriter(Utf8JsonWriter json, bool normalized)
    {
        _json = json;
        _normalized = normalized;
    }

    public static string Write(Schema schema, bool normalized)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, Options))
        {
            new SchemaJsonWriter(json, normalized).Write(schema, "");
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    private void Write(Schema schema, string enclosing)
    {
        StackGuard.Check();
        switch (schema)
        {
            case NamedSchema named when !_defined.Add(named.FullName):
                _json.WriteStringValue(named.FullName);
                break;
            case NamedSchema named:
                WriteNamed(named, enclosing);
                break;
            case UnionSchema union:
                _json.WriteStartArray();
                Array.ForEach(union.BranchArray, branch => Write(branch, enclosing));
                _json.WriteEndArray();
                break;
            case PrimitiveSchema { Properties.Count: 0 }:
                _json.WriteStringValue(schema.FullName);
                break;
            default:
                WriteUnnamed(schema, enclosing);
                break;
        }
    }

    private void WriteUnnamed(Schema schema, string enclosing)
    {
        _json.WriteStartObject();
        _json.WriteString("type", schema.FullName);
        if (schema is ArraySchema array)
        {
            _json.WritePropertyName("items");
            Write(array.Items, enclosing);
        }
        else if (schema is MapSchema map)
        {
            _json.WritePropertyName("values");
            Write(map.Values, enclosing);
        }

        WriteProperties(schema.Properties);
        _json.WriteEndObject();
    }

    private void WriteNamed(NamedSchema schema, string enclosing)
    {
        _json.WriteStartObject();
        _json.WriteString("name", schema.FullName);
        _json.WriteString("type", schema is RecordSchema { IsError: true } ? "error" : Schema.NameOf(schema.Type));
        if (schema.Namespace.Length == 0 && enclosing.Length > 0)
        {
            // Inside a type with a namespace, a bare name would take that namespace on when it is read back.
            _json.WriteString("namespace", "");
        }

        switch (schema)
        {
            case RecordSchema record:
                WriteFields(record);
                break;
            case EnumSchema type:
                WriteTexts("symbols", type.Symbols);
                break;
            case FixedSchema type:
                _json.WriteNumber("size", type.Size);
                break;
        }

        WriteDocAndAliases(schema.Doc, schema.Aliases);
        if (schema is EnumSchema { Default: { } fallback })
        {
            _json.WriteString("default", fallback);
        }

        WriteProperties(schema.Properties);
        _json.WriteEndObject();
    }

    private void WriteFields(RecordSchema record)
    {
        _json.WriteStartArray("fields");
        foreach (RecordField field in record.FieldArray)
        {
            _json.WriteStartObject();
            _json.WriteString("name", field.Name);
            _json.WritePropertyName("type");
            Write(field.Type, record.Namespace);
            if (field.Order != FieldOrder.Ascending)
            {
                _json.WriteString("order", field.Order == FieldOrder.Ignore ? "ignore" : "descending");
            }

            WriteDocAndAliases(field.Doc, field.Aliases);
            if (field.DefaultJson is { } value)
            {
                _json.WritePropertyName("default");
                WriteRaw(value);
            }

            WriteProperties(field.Properties);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
    }

    private void WriteDocAndAliases(string? doc, IEnumerable<string> aliases)
    {
        if (doc is not null)
        {
            _json.WriteString("doc", doc);
        }

        string[] names = _normalized ? [.. aliases.Order(StringComparer.Ordinal)] : [.. aliases];
        if (names.Length > 0)
        {
            WriteTexts("aliases", names);
        }
    }

    private void WriteTexts(string attribute, IEnumerable<string> texts)
    {
        _json.WriteStartArray(attribute);
        foreach (string text in texts)
        {
            _json.WriteStringValue(text);
        }

        _json.WriteEndArray();
    }

    private void WriteProperties(IReadOnlyDictionary<string, string> properties)
    {
        IEnumerable<KeyValuePair<string, string>> ordered =
            _normalized ? properties.OrderBy(p => p.Key, StringComparer.Ordinal) : properties;
        foreach ((string name, string value) in ordered)
        {
            _json.WritePropertyName(name);
            WriteRaw(value);
        }
    }

    /// <summary>Writes JSON that was read before without its insignificant white space.</summary>
    private void WriteRaw(string value)
    {
        using var document = JsonDocument.Parse(value, new JsonDocumentOptions { MaxDepth = AvroLimits.JsonDepthMax });
        document.RootElement.WriteTo(_json);
    }
}

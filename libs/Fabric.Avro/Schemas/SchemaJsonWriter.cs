using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Fabric.Avro;

/// <summary>
/// From <see cref="Schema"/> to JSON, in one of two forms. The plain one is that of Java's <c>Schema.toString()</c>, letter by
/// letter: registries compare and give out that text. The normalized one orders attributes and sorts properties as Confluent's
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

    /// <param name="references">Schemas that a reader has already: their types are named, not defined again.</param>
    public static string Write(Schema schema, bool normalized, IEnumerable<Schema> references)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, Options))
        {
            var writer = new SchemaJsonWriter(json, normalized);
            var known = new Dictionary<string, NamedSchema>(StringComparer.Ordinal);
            foreach (Schema reference in references)
            {
                NamedTypes.Collect(reference, known);
            }

            writer._defined.UnionWith(known.Keys);
            writer.Write(schema, "");
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    private void Write(Schema schema, string enclosing)
    {
        StackGuard.Check();
        switch (schema)
        {
            case NamedSchema named when !_defined.Add(named.FullName):
                _json.WriteStringValue(_normalized ? named.FullName : Qualified(named.SchemaName, enclosing));
                break;
            case NamedSchema named when _normalized:
                WriteNormalized(named, enclosing);
                break;
            case NamedSchema named:
                WritePlain(named, enclosing);
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

    private void WritePlain(NamedSchema schema, string enclosing)
    {
        _json.WriteStartObject();
        _json.WriteString("type", KindOf(schema));
        _json.WriteString("name", schema.Name);
        if (schema.Namespace != enclosing)
        {
            _json.WriteString("namespace", schema.Namespace);
        }

        WriteDoc(schema.Doc);
        WriteContents(schema);
        WriteProperties(schema.Properties);
        WriteTexts("aliases", [.. schema.AliasNames.Select(alias => Qualified(alias, schema.Namespace))]);
        _json.WriteEndObject();
    }

    private void WriteNormalized(NamedSchema schema, string enclosing)
    {
        _json.WriteStartObject();
        _json.WriteString("name", schema.FullName);
        _json.WriteString("type", KindOf(schema));
        if (schema.Namespace.Length == 0 && enclosing.Length > 0)
        {
            // Inside a type with a namespace, a bare name would take that namespace on when it is read back.
            _json.WriteString("namespace", "");
        }

        WriteContents(schema);
        WriteDoc(schema.Doc);
        WriteTexts("aliases", [.. schema.Aliases.Order(StringComparer.Ordinal)]);
        WriteEnumDefault(schema);
        WriteProperties(schema.Properties);
        _json.WriteEndObject();
    }

    private void WriteContents(NamedSchema schema)
    {
        switch (schema)
        {
            case RecordSchema record:
                _json.WriteStartArray("fields");
                Array.ForEach(record.FieldArray, field => WriteField(field, record.Namespace));
                _json.WriteEndArray();
                break;
            case EnumSchema type:
                _json.WriteStartArray("symbols");
                foreach (string symbol in type.Symbols)
                {
                    _json.WriteStringValue(symbol);
                }

                _json.WriteEndArray();
                if (!_normalized)
                {
                    WriteEnumDefault(type);
                }

                break;
            case FixedSchema type:
                _json.WriteNumber("size", type.Size);
                break;
        }
    }

    private void WriteField(RecordField field, string enclosing)
    {
        _json.WriteStartObject();
        _json.WriteString("name", field.Name);
        _json.WritePropertyName("type");
        Write(field.Type, enclosing);
        if (_normalized)
        {
            WriteOrder(field.Order);
            WriteDoc(field.Doc);
            WriteTexts("aliases", [.. field.Aliases.Order(StringComparer.Ordinal)]);
            WriteDefault(field);
        }
        else
        {
            WriteDoc(field.Doc);
            WriteDefault(field);
            WriteOrder(field.Order);
            WriteTexts("aliases", [.. field.Aliases]);
        }

        WriteProperties(field.Properties);
        _json.WriteEndObject();
    }

    private void WriteDoc(string? doc)
    {
        if (doc is not null)
        {
            _json.WriteString("doc", doc);
        }
    }

    private void WriteOrder(FieldOrder order)
    {
        if (order != FieldOrder.Ascending)
        {
            _json.WriteString("order", order == FieldOrder.Ignore ? "ignore" : "descending");
        }
    }

    private void WriteDefault(RecordField field)
    {
        if (field.DefaultJson is { } value)
        {
            _json.WritePropertyName("default");
            WriteRaw(value);
        }
    }

    private void WriteEnumDefault(NamedSchema schema)
    {
        if (schema is EnumSchema { Default: { } fallback })
        {
            _json.WriteString("default", fallback);
        }
    }

    private void WriteTexts(string attribute, string[] texts)
    {
        if (texts.Length == 0)
        {
            return;
        }

        _json.WriteStartArray(attribute);
        Array.ForEach(texts, _json.WriteStringValue);
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

    private static string KindOf(NamedSchema schema) =>
        schema is RecordSchema { IsError: true } ? "error" : Schema.NameOf(schema.Type);

    /// <summary>The name as it is understood where it stands; one that hides a primitive type is written in full.</summary>
    private static string Qualified(SchemaName name, string enclosing) =>
        name.Namespace == enclosing && !PrimitiveSchema.TryType(name.Name, out _) ? name.Name : name.FullName;

    /// <summary>Writes JSON that was read before without its insignificant white space.</summary>
    private void WriteRaw(string value)
    {
        using var document = JsonDocument.Parse(value, new JsonDocumentOptions { MaxDepth = AvroLimits.JsonDepthMax });
        document.RootElement.WriteTo(_json);
    }
}

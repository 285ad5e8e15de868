using System.Text.Json;

namespace Fabric.Avro;

/// <summary>
/// From JSON to <see cref="Schema"/> (Avro 1.12, "Schema Declaration"). Where the specification is silent it follows the Java
/// implementation: a name that its namespace does not define is looked for in the null namespace, a union may be empty, the
/// last of two equal JSON attributes wins. The default of a union field may match any branch (1.12); the first that fits counts.
/// </summary>
internal sealed class SchemaParser
{
    private readonly Dictionary<string, NamedSchema> _names = new(StringComparer.Ordinal);
    private readonly List<(RecordField Field, JsonElement Value, string Path)> _defaults = [];
    private readonly JsonPath _path = new();
    private int _depth;

    private SchemaParser(IEnumerable<Schema> references)
    {
        foreach (Schema reference in references)
        {
            NamedTypes.Collect(reference, _names);
        }
    }

    public static Schema Parse(string json, IEnumerable<Schema> references)
    {
        ArgumentNullException.ThrowIfNull(json);
        if (json.Length > AvroLimits.SchemaCharsMax)
        {
            throw new AvroException(AvroErrors.SchemaText,
                $"A schema may have {AvroLimits.SchemaCharsMax} characters, this one has {json.Length}");
        }

        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = AvroLimits.JsonDepthMax });
            var parser = new SchemaParser(references);
            Schema schema = parser.ParseType(document.RootElement, "");
            parser.EncodeDefaults();
            return schema;
        }
        catch (JsonException e)
        {
            throw new AvroException(AvroErrors.SchemaText,
                $"The schema is not JSON, or nested deeper than {AvroLimits.JsonDepthMax} levels: line {e.LineNumber + 1}, " +
                $"column {e.BytePositionInLine + 1}", innerException: e);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // System.Text.Json refuses lone surrogates with these two, in the text and in an escape.
            throw new AvroException(AvroErrors.SchemaText, "The schema is not valid Unicode", innerException: e);
        }
    }

    private Schema ParseType(JsonElement json, string enclosing)
    {
        if (++_depth > AvroLimits.SchemaDepthMax)
        {
            throw Error(AvroErrors.SchemaLimit, $"Types are nested deeper than {AvroLimits.SchemaDepthMax} levels");
        }

        Schema schema = json.ValueKind switch
        {
            JsonValueKind.String => ParseReference(json.GetString()!, enclosing),
            JsonValueKind.Array => ParseUnion(json, enclosing),
            JsonValueKind.Object => ParseObject(json, enclosing),
            _ => throw Error(AvroErrors.SchemaInvalid,
                $"A type is a name, an object or an array (a union); found {json.ValueKind}"),
        };
        _depth--;
        return schema;
    }

    private Schema ParseReference(string text, string enclosing)
    {
        if (PrimitiveSchema.TryType(text, out SchemaType type))
        {
            return new PrimitiveSchema(type);
        }

        SchemaName name = SchemaName.From(text, enclosing);
        return _names.TryGetValue(name.FullName, out NamedSchema? found) || _names.TryGetValue(name.Name, out found)
            ? found
            : throw Error(AvroErrors.SchemaUnknownType,
                $"No type '{Shown(name.FullName)}' is defined before this place; types are used by name after their definition");
    }

    private UnionSchema ParseUnion(JsonElement json, string enclosing)
    {
        int count = json.GetArrayLength();
        if (count > AvroLimits.UnionBranchesMax)
        {
            throw Error(AvroErrors.SchemaLimit,
                $"A union may have {AvroLimits.UnionBranchesMax} branches, this one has {count}");
        }

        var branches = new Schema[count];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            using JsonPath.Scope scope = _path.Index(i);
            branches[i] = ParseType(json[i], enclosing);
            if (branches[i].Type == SchemaType.Union)
            {
                throw Error(AvroErrors.SchemaInvalid, "A union may not directly contain a union");
            }

            if (!seen.Add(branches[i].FullName))
            {
                throw Error(AvroErrors.SchemaInvalid, $"The union has two branches of type '{Shown(branches[i].FullName)}'");
            }
        }

        return new UnionSchema(branches);
    }

    private Schema ParseObject(JsonElement json, string enclosing)
    {
        if (!json.TryGetProperty("type", out JsonElement type))
        {
            throw Error(AvroErrors.SchemaInvalid, "Attribute 'type' is missing");
        }

        if (type.ValueKind != JsonValueKind.String)
        {
            // {"type": {...}} and {"type": [...]}: a wrapping that many tools write.
            using JsonPath.Scope scope = _path.Attribute("type");
            return ParseType(type, enclosing);
        }

        string name = type.GetString()!;
        switch (name)
        {
            case "record":
            case "error":
                return ParseRecord(json, enclosing, name == "error");
            case "enum":
                return ParseEnum(json, enclosing);
            case "fixed":
                return ParseFixed(json, enclosing);
            case "array":
                return new ArraySchema(ParseChild(json, "items", enclosing), SchemaAttributes.Properties(json, "items"));
            case "map":
                return new MapSchema(ParseChild(json, "values", enclosing), SchemaAttributes.Properties(json, "values"));
            default:
                return PrimitiveSchema.TryType(name, out SchemaType primitive)
                    ? new PrimitiveSchema(primitive, SchemaAttributes.Properties(json),
                        SchemaAttributes.Logical(json, primitive, fixedSize: 0))
                    : ParseReference(name, enclosing);
        }
    }

    private Schema ParseChild(JsonElement json, string attribute, string enclosing)
    {
        if (!json.TryGetProperty(attribute, out JsonElement child))
        {
            throw Error(AvroErrors.SchemaInvalid, $"Attribute '{attribute}' is missing");
        }

        using JsonPath.Scope scope = _path.Attribute(attribute);
        return ParseType(child, enclosing);
    }

    private RecordSchema ParseRecord(JsonElement json, string enclosing, bool isError)
    {
        SchemaName name = ParseName(json, enclosing);
        var record = new RecordSchema(name, ParseAliases(json, name.Namespace), SchemaAttributes.Text(json, "doc"),
            SchemaAttributes.Properties(json, "fields"), isError);
        Define(record);
        if (!json.TryGetProperty("fields", out JsonElement fields) || fields.ValueKind != JsonValueKind.Array)
        {
            throw Error(AvroErrors.SchemaInvalid, "A record has an array 'fields'");
        }

        using JsonPath.Scope scope = _path.Attribute("fields");
        var parsed = new RecordField[fields.GetArrayLength()];
        var names = new HashSet<string>(StringComparer.Ordinal);
        int position = 0;
        foreach (JsonElement field in fields.EnumerateArray())
        {
            using JsonPath.Scope index = _path.Index(position);
            parsed[position] = ParseField(field, position, name.Namespace);
            if (!names.Add(parsed[position].Name))
            {
                throw Error(AvroErrors.SchemaName, $"The record has two fields '{Shown(parsed[position].Name)}'");
            }

            position++;
        }

        record.SetFields(parsed);
        return record;
    }

    private RecordField ParseField(JsonElement json, int position, string enclosing)
    {
        string? name = json.ValueKind == JsonValueKind.Object ? SchemaAttributes.Text(json, "name") : null;
        if (name is null || !SchemaName.IsName(name))
        {
            throw Error(AvroErrors.SchemaName,
                "A field is an object with a 'name' of letters, digits and '_' that does not begin with a digit");
        }

        Schema type = ParseChild(json, "type", enclosing);
        bool hasDefault = json.TryGetProperty("default", out JsonElement value);
        var field = new RecordField(name, position, type)
        {
            Doc = SchemaAttributes.Text(json, "doc"),
            Aliases = ParseFieldAliases(json),
            Order = ParseOrder(json),
            DefaultJson = hasDefault ? value.GetRawText() : null,
            Properties = SchemaAttributes.FieldProperties(json),
        };
        if (hasDefault)
        {
            _defaults.Add((field, value, $"{_path}.default"));
        }

        return field;
    }

    private EnumSchema ParseEnum(JsonElement json, string enclosing)
    {
        SchemaName name = ParseName(json, enclosing);
        if (!json.TryGetProperty("symbols", out JsonElement list) || list.ValueKind != JsonValueKind.Array)
        {
            throw Error(AvroErrors.SchemaInvalid, "An enum has an array 'symbols'");
        }

        string[] symbols = list.EnumerateArray()
            .Select(symbol => symbol.ValueKind == JsonValueKind.String ? symbol.GetString()! : "").ToArray();
        if (Array.Find(symbols, symbol => !SchemaName.IsName(symbol)) is { } bad)
        {
            throw Error(AvroErrors.SchemaName,
                $"Symbol '{Shown(bad)}' is not made of letters, digits and '_', beginning with no digit");
        }

        if (symbols.Distinct(StringComparer.Ordinal).Count() != symbols.Length)
        {
            throw Error(AvroErrors.SchemaName, "The enum has a symbol twice");
        }

        string? fallback = SchemaAttributes.Text(json, "default");
        if (fallback is not null && !symbols.Contains(fallback))
        {
            throw Error(AvroErrors.SchemaDefault, $"The enum's default '{Shown(fallback)}' is none of its symbols");
        }

        var schema = new EnumSchema(name, ParseAliases(json, name.Namespace), SchemaAttributes.Text(json, "doc"),
            SchemaAttributes.Properties(json, "symbols", "default"), symbols, fallback);
        Define(schema);
        return schema;
    }

    private FixedSchema ParseFixed(JsonElement json, string enclosing)
    {
        SchemaName name = ParseName(json, enclosing);
        if (!json.TryGetProperty("size", out JsonElement size) || size.ValueKind != JsonValueKind.Number
            || !size.TryGetInt32(out int bytes) || bytes is < 0 or > AvroLimits.FixedBytesMax)
        {
            throw Error(AvroErrors.SchemaInvalid, $"A fixed has a 'size' of 0..{AvroLimits.FixedBytesMax}");
        }

        var schema = new FixedSchema(name, ParseAliases(json, name.Namespace), SchemaAttributes.Text(json, "doc"),
            SchemaAttributes.Properties(json, "size"), bytes, SchemaAttributes.Logical(json, SchemaType.Fixed, bytes));
        Define(schema);
        return schema;
    }

    private SchemaName ParseName(JsonElement json, string enclosing)
    {
        string text = SchemaAttributes.Text(json, "name")
            ?? throw Error(AvroErrors.SchemaName, "A record, enum or fixed has a 'name'");
        SchemaName name = SchemaName.From(text, SchemaAttributes.Text(json, "namespace") ?? enclosing);
        if (!name.IsValid())
        {
            throw Error(AvroErrors.SchemaName,
                $"'{Shown(name.FullName)}' is no name: parts of letters, digits and '_', beginning with no digit, joined by dots");
        }

        return PrimitiveSchema.TryType(name.Name, out _)
            ? throw Error(AvroErrors.SchemaName, $"'{name.Name}' is a primitive type and cannot be defined")
            : name;
    }

    private SchemaName[] ParseAliases(JsonElement json, string enclosing)
    {
        SchemaName[] aliases = SchemaAttributes.Texts(json, "aliases")
            ?.Select(alias => SchemaName.From(alias, enclosing)).ToArray()
            ?? throw Error(AvroErrors.SchemaInvalid, "'aliases' is an array of names");
        return aliases.All(alias => alias.IsValid())
            ? aliases
            : throw Error(AvroErrors.SchemaName, "An alias is not a well-formed name");
    }

    private string[] ParseFieldAliases(JsonElement json)
    {
        string[] aliases = SchemaAttributes.Texts(json, "aliases")
            ?? throw Error(AvroErrors.SchemaInvalid, "'aliases' is an array of names");
        return aliases.All(alias => SchemaName.IsName(alias))
            ? aliases
            : throw Error(AvroErrors.SchemaName, "An alias is not a well-formed name");
    }

    private FieldOrder ParseOrder(JsonElement json) => SchemaAttributes.Text(json, "order") switch
    {
        null or "ascending" => FieldOrder.Ascending,
        "descending" => FieldOrder.Descending,
        "ignore" => FieldOrder.Ignore,
        _ => throw Error(AvroErrors.SchemaInvalid, "'order' is ascending, descending or ignore"),
    };

    private void Define(NamedSchema schema)
    {
        if (_names.Count >= AvroLimits.NamedTypesMax)
        {
            throw Error(AvroErrors.SchemaLimit, $"A schema may define {AvroLimits.NamedTypesMax} types");
        }

        if (!_names.TryAdd(schema.FullName, schema))
        {
            throw Error(AvroErrors.SchemaName, $"'{Shown(schema.FullName)}' is defined twice");
        }
    }

    /// <summary>At the end, when every type is whole: a default may be of a type that is still open where it stands.</summary>
    private void EncodeDefaults()
    {
        foreach ((RecordField field, JsonElement value, string path) in _defaults)
        {
            field.DefaultBytes = DefaultEncoder.Encode(value, field.Type, path);
        }
    }

    private AvroException Error(string code, string message) => new(code, message, _path.ToString());

    private static string Shown(string name) => name.Length <= 100 ? name : string.Concat(name.AsSpan(0, 100), "…");
}

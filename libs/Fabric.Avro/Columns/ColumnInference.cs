using System.Text;
using Fabric.Core.Columns;

namespace Fabric.Avro;

/// <summary>Derives a <see cref="ColumnMapping"/> from a schema; the rules stand at <see cref="ColumnMapping.Infer"/>.</summary>
internal sealed class ColumnInference
{
    private const int ColumnsMax = 2_000;

    private readonly List<ColumnSource> _columns = [];
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<RecordSchema> _open = [];
    private readonly string? _explode;
    private bool _exploded;

    private ColumnInference(string? explode) => _explode = explode;

    public static ColumnMapping Infer(Schema schema, string? explode, string? indexColumn)
    {
        if (schema is not RecordSchema record)
        {
            throw new AvroException(AvroErrors.Mapping, $"A table is made from records, not from {schema.FullName}");
        }

        var inference = new ColumnInference(explode);
        if (indexColumn is not null)
        {
            inference.Add(indexColumn, "", ColumnMapping.IndexPath, new ColumnField(indexColumn, ColumnType.Int32, Nullable: false));
        }

        inference.AddFields(record, path: "", prefix: "");
        return explode is null || inference._exploded
            ? new ColumnMapping(inference._columns, explode)
            : throw new AvroException(AvroErrors.Mapping, $"{record.FullName} has no array at '{explode}'", explode);
    }

    private void AddFields(RecordSchema record, string path, string prefix)
    {
        if (!_open.Add(record))
        {
            return;
        }

        foreach (RecordField field in record.FieldArray)
        {
            AddValue(field.Type, path.Length == 0 ? field.Name : $"{path}.{field.Name}", prefix, prefix + SnakeCase(field.Name));
        }

        _open.Remove(record);
    }

    private void AddValue(Schema schema, string path, string prefix, string name)
    {
        switch (schema)
        {
            case UnionSchema { Optional: { } inner }:
                AddValue(inner, path, prefix, name);
                break;
            case UnionSchema union:
                foreach (Schema branch in union.BranchArray.Where(branch => branch.Type != SchemaType.Null))
                {
                    AddValue(branch, $"{path}.{Selector(branch)}", prefix, $"{name}_{Suffix(branch)}");
                }

                break;
            case ArraySchema array when path == _explode && !_exploded:
                _exploded = true;
                AddElement(array.Items, path, name);
                break;
            case RecordSchema record when !_open.Contains(record):
                AddFields(record, path, name + "_");
                break;
            default:
                Add(name, prefix, path, ColumnConversion.NaturalField(schema));
                break;
        }
    }

    private void AddElement(Schema items, string path, string name)
    {
        Schema element = items is UnionSchema { Optional: { } inner } ? inner : items;
        if (element is RecordSchema record)
        {
            // Elements bear their own names; Add puts the array's name before those that are taken.
            AddFields(record, path, "");
        }
        else
        {
            AddValue(items, path, "", name);
        }
    }

    private void Add(string name, string prefix, string path, ColumnField field)
    {
        if (_columns.Count == ColumnsMax)
        {
            throw new AvroException(AvroErrors.Mapping, $"The schema makes more than {ColumnsMax} columns", path);
        }

        string unique = name;
        if (!_names.Add(unique))
        {
            unique = SnakeCase(path.Replace('.', '_'));
            for (int n = 2; !_names.Add(unique); n++)
            {
                unique = $"{prefix}{name}_{n}";
            }
        }

        _columns.Add(new ColumnSource(field with { Name = unique }, path));
    }

    private static string Selector(Schema branch) => branch is NamedSchema named ? named.Name : branch.FullName;

    private static string Suffix(Schema branch) => branch.Type switch
    {
        SchemaType.Boolean => "bool",
        SchemaType.Int or SchemaType.Long when branch.Logical.Kind == LogicalKind.None => "long",
        SchemaType.Float or SchemaType.Double => "double",
        SchemaType.String => "text",
        SchemaType.Bytes => "bytes",
        SchemaType.Record or SchemaType.Enum or SchemaType.Fixed => SnakeCase(((NamedSchema)branch).Name),
        _ => branch.FullName,
    };

    /// <summary><c>receivedAt</c> and <c>ReceivedAt</c> to <c>received_at</c>, <c>HTTPStatus</c> to <c>http_status</c>.</summary>
    internal static string SnakeCase(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        for (int i = 0; i < name.Length; i++)
        {
            char c = name[i];
            bool begins = char.IsAsciiLetterUpper(c) && i > 0 && name[i - 1] != '_'
                && (!char.IsAsciiLetterUpper(name[i - 1]) || (i + 1 < name.Length && char.IsAsciiLetterLower(name[i + 1])));
            if (begins)
            {
                text.Append('_');
            }

            text.Append(char.ToLowerInvariant(c));
        }

        return text.ToString();
    }
}

using Fabric.Avro;
using Fabric.Core.Columns;

namespace Fabric.Lakehouse.Tables;

/// <summary>What the records of one schema bring, path by path.</summary>
internal sealed class IncomingColumns(Schema schema, string? explode)
{
    /// <summary>As the schema alone would make them.</summary>
    public IReadOnlyList<ColumnSource> Columns { get; } = ColumnMapping.Infer(schema, explode).Columns;

    public ColumnField? FieldAt(string path)
    {
        foreach (ColumnSource column in Columns)
        {
            if (column.Path == path)
            {
                return column.Field;
            }
        }

        return null;
    }

    /// <summary>Whether the column takes every value at its path, exactly and as what it is.</summary>
    public bool Fit(TableColumn column) =>
        Compile(column) && (column.HoldsAny || FieldAt(column.Path) is not { } now || Holds(column.Field, now));

    /// <summary>Whether values at the column's path can be written to it at all.</summary>
    public bool Compile(TableColumn column)
    {
        try
        {
            ColumnPlan.Compile(schema, new ColumnMapping([column.Source], explode));
            return true;
        }
        catch (AvroException exception) when (exception.Code == AvroErrors.Mapping && exception.Path == column.Path)
        {
            return false;
        }
    }

    /// <summary>Whether values of one plain type at this path have a column that names the type.</summary>
    public bool HasTyped(List<TableColumn> columns, string path)
    {
        string? selector = SelectorAt(path);
        string? wider = selector switch
        {
            "int" => "long",
            "float" => "double",
            _ => null,
        };
        return selector is not null
            && columns.Exists(column => column.Path == $"{path}.{selector}" || (wider is not null && column.Path == $"{path}.{wider}"));
    }

    /// <summary>The name that selects the type at this path where there are several; null when the type has no plain name.</summary>
    public string? SelectorAt(string path)
    {
        Schema? at = schema;
        string walked = "";
        foreach (string name in path.Split('.'))
        {
            at = Step(at, name, ref walked);
        }

        return at is PrimitiveSchema { Type: not SchemaType.Null, Logical.Kind: LogicalKind.None } plain ? plain.FullName : null;
    }

    /// <summary>The list or map that stands in the way of a path; null when there is none.</summary>
    public string? BlockedAt(string path)
    {
        Schema? at = schema;
        string walked = "";
        foreach (string name in path.Split('.'))
        {
            if (at is ArraySchema or MapSchema)
            {
                return walked;
            }

            at = Step(at, name, ref walked);
        }

        return null;
    }

    private Schema? Step(Schema? at, string name, ref string walked)
    {
        Schema? next = at is RecordSchema record && record.TryField(name, out RecordField? field) ? Inner(field.Type) : null;
        walked = walked.Length == 0 ? name : $"{walked}.{name}";
        return walked == explode && next is ArraySchema array ? Inner(array.Items) : next;
    }

    private static Schema Inner(Schema schema) => schema is UnionSchema { Optional: { } inner } ? inner : schema;

    private static bool Holds(ColumnField column, ColumnField now) => (column.Type, now.Type) switch
    {
        (ColumnType.Decimal, ColumnType.Decimal) =>
            now.Scale <= column.Scale && now.Precision - now.Scale <= column.Precision - column.Scale,
        (ColumnType.Int64, ColumnType.Int32) or (ColumnType.Double, ColumnType.Float or ColumnType.Int32) => true,
        (var held, var brought) => held == brought,
    };
}

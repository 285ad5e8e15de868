using System.Globalization;
using Fabric.Avro;
using Fabric.Core.Columns;

namespace Fabric.Lakehouse.Tables;

/// <summary>
/// Fits a table's columns to one more schema. New fields become columns. A field whose values do not fit its column exactly any
/// more needs another table, in which its column becomes, the first that holds: one column of a type that keeps every value of both;
/// one column per type, as for a union (<c>value_long</c>, <c>value_text</c>); text, which takes anything.
/// </summary>
/// <remarks>
/// It comes to rest: a field goes from one type to several to text and never back, however schemas alternate.
/// </remarks>
internal static class ShapeEvolution
{
    private const int DecimalDigitsMax = 38;

    /// <exception cref="AvroException">No table takes the schema: it is no record, or lacks the array whose elements are rows.</exception>
    public static ShapeFit Fit(TableShape shape, Schema schema)
    {
        if (shape.Table.Mapping is { } own)
        {
            ColumnPlan.Compile(schema, own);
            return new ShapeFit.Same();
        }

        var incoming = new IncomingColumns(schema, shape.Table.Explode);
        List<TableColumn> columns = [.. shape.Columns];
        var reasons = new List<string>();
        Collapse(columns, incoming, reasons);
        foreach (TableColumn column in columns.ToArray())
        {
            if (columns.Contains(column) && !incoming.Fit(column) && !(incoming.Compile(column) && incoming.HasTyped(columns, column.Path)))
            {
                reasons.Add($"'{column.Field.Name}' is {column.Field.Type}, and '{column.Path}' has another type now");
                Replace(columns, column, incoming);
            }
        }

        foreach (ColumnSource added in incoming.Columns)
        {
            bool isTaken = columns.Exists(
                column => column.Path == added.Path || (column.HoldsAny && IsUnder(added.Path, column.Path)));
            if (!isTaken && !incoming.HasTyped(columns, added.Path))
            {
                columns.Add(new TableColumn(
                    added.Field with { Name = FreeName(columns, added.Field.Name, added.Path) }, added.Path));
            }
        }

        bool isSame = columns.SequenceEqual(shape.Columns);
        TableShape fitted = isSame ? shape : new TableShape(shape.Table, columns);
        ColumnPlan.Compile(schema, fitted.Mapping!);
        return reasons.Count > 0 ? new ShapeFit.Incompatible(fitted, reasons)
            : isSame ? new ShapeFit.Same() : new ShapeFit.Widened(fitted);
    }

    /// <summary>Where a list or map stands now, what used to be inside becomes one text column.</summary>
    private static void Collapse(List<TableColumn> columns, IncomingColumns incoming, List<string> reasons)
    {
        while (columns.Select(column => incoming.BlockedAt(column.Path)).FirstOrDefault(path => path is not null) is { } path)
        {
            reasons.Add($"'{path}' is a list or a map now");
            HoldAny(columns, path, incoming.FieldAt(path)?.Name ?? path);
        }
    }

    private static void HoldAny(List<TableColumn> columns, string path, string name)
    {
        int at = columns.FindIndex(column => IsUnder(column.Path, path));
        columns.RemoveAll(column => IsUnder(column.Path, path));
        columns.Insert(
            at, new TableColumn(new ColumnField(FreeName(columns, name, path), ColumnType.Text), path, HoldsAny: true));
    }

    private static bool IsUnder(string path, string root) =>
        path == root || path.StartsWith(root + ".", StringComparison.Ordinal);

    private static void Replace(List<TableColumn> columns, TableColumn old, IncomingColumns incoming)
    {
        int at = columns.IndexOf(old);
        ColumnField? now = incoming.FieldAt(old.Path);
        if (now is not null && Wider(old.Field, now) is { } wider)
        {
            columns[at] = old with { Field = wider };
            return;
        }

        string? selector = Selector(old.Field.Type);
        string? selectorNow = now is null ? null : incoming.SelectorAt(old.Path);
        bool isSplit = columns.Exists(column => column != old && IsUnder(column.Path, old.Path));
        if (isSplit || selector is null || (now is not null && selectorNow is null))
        {
            HoldAny(columns, old.Path, old.Field.Name);
            return;
        }

        columns.RemoveAt(at);
        string name = FreeName(columns, $"{old.Field.Name}_{Suffix(old.Field.Type)}", old.Path);
        columns.Insert(at, new TableColumn(old.Field with { Name = name }, $"{old.Path}.{selector}"));
        if (now is not null)
        {
            name = FreeName(columns, $"{old.Field.Name}_{Suffix(now.Type)}", old.Path);
            columns.Insert(at + 1, new TableColumn(now with { Name = name }, $"{old.Path}.{selectorNow}"));
        }
    }

    /// <summary>The type that holds every value of both exactly; null when there is none.</summary>
    private static ColumnField? Wider(ColumnField old, ColumnField now) => (old.Type, now.Type) switch
    {
        (ColumnType.Int32, ColumnType.Int64) => old with { Type = ColumnType.Int64 },
        (ColumnType.Int32, ColumnType.Double or ColumnType.Float) => old with { Type = ColumnType.Double },
        (ColumnType.Float, ColumnType.Double or ColumnType.Int32) => old with { Type = ColumnType.Double },
        (ColumnType.Decimal, ColumnType.Decimal) => WiderDecimal(old, now),
        _ => null,
    };

    private static ColumnField? WiderDecimal(ColumnField old, ColumnField now)
    {
        int scale = Math.Max(old.Scale, now.Scale);
        int digits = Math.Max(old.Precision - old.Scale, now.Precision - now.Scale) + scale;
        return digits <= DecimalDigitsMax ? old with { Precision = digits, Scale = scale } : null;
    }

    /// <summary>The name that selects values of a column's type where there are several.</summary>
    private static string? Selector(ColumnType type) => type switch
    {
        ColumnType.Boolean => "boolean",
        ColumnType.Int32 => "int",
        ColumnType.Int64 => "long",
        ColumnType.Float => "float",
        ColumnType.Double => "double",
        ColumnType.Text => "string",
        ColumnType.Binary => "bytes",
        _ => null,
    };

    private static string Suffix(ColumnType type) => type switch
    {
        ColumnType.Boolean => "bool",
        ColumnType.Int32 => "int",
        ColumnType.Int64 => "long",
        ColumnType.Binary => "bytes",
        _ => type.ToString().ToLowerInvariant(),
    };

    private static string FreeName(List<TableColumn> columns, string name, string path)
    {
        string whole = path.Replace('.', '_').ToLowerInvariant();
        string free = IsFree(name) ? name : whole;
        for (int n = 2; !IsFree(free); n++)
        {
            free = string.Create(CultureInfo.InvariantCulture, $"{name}_{n}");
        }

        return free;

        bool IsFree(string wanted) =>
            !wanted.Equals(TableDefinition.DateColumn, StringComparison.OrdinalIgnoreCase)
            && !TableDefinition.OriginFields.Any(field => field.Name.Equals(wanted, StringComparison.OrdinalIgnoreCase))
            && !columns.Exists(column => column.Field.Name.Equals(wanted, StringComparison.OrdinalIgnoreCase));
    }
}

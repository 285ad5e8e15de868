using System.Text.Json;
using Fabric.Avro;
using Fabric.Core.Columns;
using Fabric.Delta;
using Fabric.Delta.Schema;

namespace Fabric.Lakehouse.Tables;

/// <summary>
/// The columns of a table as they are at one time: from which paths of the records they come, and how they stand in files and in
/// the Delta schema. A table that takes its columns from the records' schemas keeps the path of each as a note of the field, so
/// that the table itself says what its columns are.
/// </summary>
/// <remarks>Immutable.</remarks>
internal sealed class TableShape
{
    /// <summary>Note of a field: where its values come from.</summary>
    public const string PathNote = "fabric.path";

    /// <summary>Note of a field: it takes every type.</summary>
    public const string AnyNote = "fabric.any";

    public TableShape(TableDefinition table, IReadOnlyList<TableColumn> columns)
    {
        Table = table;
        Columns = columns;
        Mapping = columns.Count == 0
            ? null : table.Mapping ?? new ColumnMapping([.. columns.Select(column => column.Source)], table.Explode);
        FileFields = [.. columns.Select(column => column.Field), .. TableDefinition.OriginFields];
    }

    public TableDefinition Table { get; }

    public IReadOnlyList<TableColumn> Columns { get; }

    /// <summary>Null while no schema was met.</summary>
    public ColumnMapping? Mapping { get; }

    /// <summary>Columns of data files: all but the date, which stands in the log.</summary>
    public IReadOnlyList<ColumnField> FileFields { get; }

    /// <summary>Of a table with columns of its own, those; else what the table in the lake says; no columns when there is none.</summary>
    public static TableShape Of(TableDefinition table, Snapshot? snapshot) =>
        table.Mapping is { } own ? new TableShape(table, [.. own.Columns.Select(column => new TableColumn(column.Field, column.Path))])
        : new TableShape(table, snapshot is null ? [] : [.. snapshot.Schema.Fields.Select(ColumnOf).OfType<TableColumn>()]);

    /// <summary>The Delta schema: the date first (if partitioned by it), then the file's columns.</summary>
    public StructType ToSchema()
    {
        IEnumerable<StructField> own = Columns.Select(column => DeltaColumns.ToField(column.Field) with { Metadata = NotesOf(column) });
        IEnumerable<StructField> date = Table.Partitioning == TablePartitioning.Date
            ? [new StructField(TableDefinition.DateColumn, PrimitiveType.Date)] : [];
        return new StructType([.. date, .. own, .. TableDefinition.OriginFields.Select(DeltaColumns.ToField)]);
    }

    /// <summary>Whether a table's schema takes each of its columns from where this shape does, so that columns of one name are one.</summary>
    public bool AgreesWith(StructType schema) => Table.Mapping is not null
        || Columns.All(column => schema.Find(column.Field.Name) is not { } field || ColumnOf(field)?.Path == column.Path);

    private Dictionary<string, JsonElement> NotesOf(TableColumn column)
    {
        var notes = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (Table.Mapping is null)
        {
            notes[PathNote] = JsonSerializer.SerializeToElement(column.Path);
            if (column.HoldsAny)
            {
                notes[AnyNote] = JsonSerializer.SerializeToElement(true);
            }
        }

        return notes;
    }

    private static TableColumn? ColumnOf(StructField field) =>
        field.Metadata.TryGetValue(PathNote, out JsonElement path) && path.ValueKind == JsonValueKind.String
            ? new TableColumn(FieldOf(field), path.GetString()!, field.Metadata.ContainsKey(AnyNote))
            : null;

    private static ColumnField FieldOf(StructField field) => field.Type switch
    {
        DecimalType type => new ColumnField(field.Name, ColumnType.Decimal, field.Nullable, type.Precision, type.Scale),
        _ => new ColumnField(field.Name, field.Type.Name switch
        {
            "boolean" => ColumnType.Boolean,
            "integer" => ColumnType.Int32,
            "long" => ColumnType.Int64,
            "float" => ColumnType.Float,
            "double" => ColumnType.Double,
            "binary" => ColumnType.Binary,
            "date" => ColumnType.Date,
            "timestamp" => ColumnType.Timestamp,
            _ => ColumnType.Text,
        }, field.Nullable),
    };
}

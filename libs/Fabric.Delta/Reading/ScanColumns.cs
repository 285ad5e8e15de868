using System.Globalization;
using System.Text;
using Fabric.Delta.Actions;
using Fabric.Delta.Log;
using Fabric.Delta.Schema;
using Fabric.DuckDb;

namespace Fabric.Delta.Reading;

/// <summary>How each column of a schema comes out of files and partition values.</summary>
internal sealed class ScanColumns
{
    private readonly Snapshot _snapshot;
    private readonly string _where;
    private readonly HashSet<string> _partitionColumns;

    public ScanColumns(Snapshot snapshot, string where)
    {
        _snapshot = snapshot;
        _where = where;
        _partitionColumns = new HashSet<string>(snapshot.PartitionColumns, StringComparer.OrdinalIgnoreCase);
        if (snapshot.MappingMode != ColumnMappingMode.None)
        {
            CheckMapping(snapshot.Schema);
        }

        FileSchema = BuildFileSchema();
    }

    /// <summary>
    /// The <c>schema</c> argument of DuckDB's <c>read_parquet</c>: file column (by name, or by field id) to name, type and
    /// default. It casts per file, and gives null for what a file lacks.
    /// </summary>
    public string FileSchema { get; }

    public bool IsPartition(StructField field) => _partitionColumns.Contains(field.Name);

    /// <summary>Equal for files with equal partition values.</summary>
    public string PartitionKey(AddAction file)
    {
        var key = new StringBuilder();
        foreach (string column in _snapshot.PartitionColumns)
        {
            string? value = Value(_snapshot.Schema.Find(column)!, file);
            key.Append(string.IsNullOrEmpty(value) ? "-" : value.Length.ToString(CultureInfo.InvariantCulture) + ":" + value);
        }

        return key.ToString();
    }

    /// <summary>The partition value of a file as SQL; null when the column is no partition column.</summary>
    public string? Partition(StructField field, AddAction file) =>
        IsPartition(field) ? PartitionValue.ToSql(field.Type, Value(field, file), $"{_where}, column '{field.Name}'") : null;

    /// <summary>The column as it comes from the file, with the names of the schema inside it.</summary>
    public string FromFile(StructField field) =>
        field.Type == PrimitiveType.Void
            ? $"CAST(NULL AS {SqlTypes.Of(field.Type)})"
            : Logical(field.Type, SqlText.Identifier(field.Name), 0);

    private string? Value(StructField field, AddAction file)
    {
        string name = _snapshot.MappingMode == ColumnMappingMode.None ? field.Name : field.PhysicalName!;
        if (file.PartitionValues.TryGetValue(name, out string? value))
        {
            return value;
        }

        // A key in other case still names the column: Delta's names are unique ignoring case.
        foreach ((string key, string? other) in file.PartitionValues)
        {
            if (string.Equals(key, name, StringComparison.OrdinalIgnoreCase))
            {
                return other;
            }
        }

        throw new DeltaException(
            DeltaCode.PartitionValueInvalid, $"A data file has no value for the partition column '{field.Name}'", _where);
    }

    private string BuildFileSchema()
    {
        IEnumerable<string> entries = _snapshot.Schema.Fields
            .Where(field => !IsPartition(field) && field.Type != PrimitiveType.Void)
            .Select(field => $"{FileName(field)}: {{name: {SqlText.Literal(field.Name)}, "
                + $"type: {SqlText.Literal(SqlTypes.InFiles(field.Type))}, default_value: NULL}}");
        string all = string.Join(", ", entries);
        return all.Length > 0
            ? $"MAP {{{all}}}"
            : throw new DeltaException(DeltaCode.SchemaInvalid, "Every column is a partition column or void", _where);
    }

    private string FileName(StructField field) => _snapshot.MappingMode switch
    {
        ColumnMappingMode.None => SqlText.Literal(field.Name),
        ColumnMappingMode.Name => SqlText.Literal(field.PhysicalName!),
        _ => field.ColumnId!.Value.ToString(CultureInfo.InvariantCulture),
    };

    private void CheckMapping(DataType type)
    {
        switch (type)
        {
            case StructType structure:
                foreach (StructField field in structure.Fields)
                {
                    if (field.PhysicalName is null || field.ColumnId is null
                        || field.PhysicalName.Contains('\0', StringComparison.Ordinal))
                    {
                        throw new DeltaException(
                            DeltaCode.SchemaInvalid, $"Column mapping is on, but '{field.Name}' has no physical name and id", _where);
                    }

                    CheckMapping(field.Type);
                }

                break;
            case ArrayType array:
                CheckMapping(array.ElementType);
                break;
            case MapType map:
                CheckMapping(map.KeyType);
                CheckMapping(map.ValueType);
                break;
            default:
                break;
        }
    }

    /// <summary>Gives the fields inside structs their logical names; values that hold no mapped struct pass as they are.</summary>
    private string Logical(DataType type, string value, int depth)
    {
        if (_snapshot.MappingMode == ColumnMappingMode.None || !HoldsStruct(type))
        {
            return value;
        }

        string item = string.Create(CultureInfo.InvariantCulture, $"e{depth}");
        switch (type)
        {
            case StructType structure:
                IEnumerable<string> members = structure.Fields.Select(field =>
                    $"{SqlText.Identifier(field.Name)} := "
                    + Logical(field.Type, $"({value}).{SqlText.Identifier(field.PhysicalName!)}", depth));
                return $"CASE WHEN {value} IS NOT NULL THEN struct_pack({string.Join(", ", members)}) END";
            case ArrayType array:
                return $"list_transform({value}, lambda {item}: {Logical(array.ElementType, item, depth + 1)})";
            case MapType map:
                return $"map_from_entries(list_transform(map_entries({value}), lambda {item}: struct_pack("
                    + $"key := {Logical(map.KeyType, $"{item}.key", depth + 1)}, "
                    + $"value := {Logical(map.ValueType, $"{item}.value", depth + 1)})))";
            default:
                return value;
        }
    }

    private static bool HoldsStruct(DataType type) => type switch
    {
        StructType => true,
        ArrayType array => HoldsStruct(array.ElementType),
        MapType map => HoldsStruct(map.KeyType) || HoldsStruct(map.ValueType),
        _ => false,
    };
}

using Fabric.Core.Columns;
using Fabric.Delta.Schema;

namespace Fabric.Lakehouse.Tables;

/// <summary>From columns to a Delta schema: the date first, then the file's columns in order.</summary>
internal static class DeltaSchema
{
    public static StructType Of(IReadOnlyList<ColumnField> fileFields) => new(
        [
            new StructField(TableDefinition.DateColumn, PrimitiveType.Date),
            .. fileFields.Select(field => new StructField(field.Name, TypeOf(field))),
        ]);

    private static DataType TypeOf(ColumnField field) => field.Type switch
    {
        ColumnType.Boolean => PrimitiveType.Boolean,
        ColumnType.Int32 => PrimitiveType.Integer,
        ColumnType.Int64 => PrimitiveType.Long,
        ColumnType.Float => PrimitiveType.Float,
        ColumnType.Double => PrimitiveType.Double,
        ColumnType.Text => PrimitiveType.String,
        ColumnType.Binary => PrimitiveType.Binary,
        ColumnType.Date => PrimitiveType.Date,
        ColumnType.Timestamp => PrimitiveType.Timestamp,
        ColumnType.Decimal => new DecimalType(field.Precision, field.Scale),
        _ => throw new ArgumentOutOfRangeException(nameof(field), field.Type, "Unknown column type"),
    };
}

using Fabric.Core.Columns;

namespace Fabric.Delta.Schema;

/// <summary>Columns of batches as columns of tables.</summary>
public static class DeltaColumns
{
    public static StructField ToField(ColumnField column) => new(column.Name, ToType(column), column.Nullable);

    public static DataType ToType(ColumnField column) => column.Type switch
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
        ColumnType.Decimal => new DecimalType(column.Precision, column.Scale),
        _ => throw new ArgumentOutOfRangeException(nameof(column), column.Type, "Unknown column type"),
    };
}

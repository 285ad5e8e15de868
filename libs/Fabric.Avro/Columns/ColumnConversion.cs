using Fabric.Core.Columns;

namespace Fabric.Avro;

/// <summary>Which column types a value can be written to, and by which operation.</summary>
internal static class ColumnConversion
{
    private const int DecimalDigitsMax = 38;

    /// <summary>The column a type becomes when nobody says otherwise; its name is empty.</summary>
    public static ColumnField NaturalField(Schema schema) => schema.Logical switch
    {
        { Kind: LogicalKind.Decimal, Precision: <= DecimalDigitsMax } type =>
            new ColumnField("", ColumnType.Decimal, true, type.Precision, type.Scale),
        { Kind: LogicalKind.Date } => new ColumnField("", ColumnType.Date),
        { Kind: LogicalKind.TimestampMillis or LogicalKind.TimestampMicros or LogicalKind.TimestampNanos } =>
            new ColumnField("", ColumnType.Timestamp),
        { Kind: LogicalKind.Uuid or LogicalKind.Duration or LogicalKind.LocalTimestampMillis
            or LogicalKind.LocalTimestampMicros or LogicalKind.LocalTimestampNanos } => new ColumnField("", ColumnType.Text),
        _ => new ColumnField("", schema.Type switch
        {
            SchemaType.Boolean => ColumnType.Boolean,
            SchemaType.Int => ColumnType.Int32,
            SchemaType.Long => ColumnType.Int64,
            SchemaType.Float => ColumnType.Float,
            SchemaType.Double => ColumnType.Double,
            SchemaType.Bytes or SchemaType.Fixed => ColumnType.Binary,
            _ => ColumnType.Text,
        }),
    };

    /// <summary>The operation that writes a value of this type (never a union) to that column; null when there is none.</summary>
    public static ColumnOpCode? For(Schema schema, ColumnField column) => column.Type switch
    {
        ColumnType.Boolean => schema.Type == SchemaType.Boolean ? ColumnOpCode.Boolean : null,
        ColumnType.Int32 => schema.Type == SchemaType.Int ? ColumnOpCode.Int32 : null,
        ColumnType.Int64 => schema.Type switch
        {
            SchemaType.Long => ColumnOpCode.Int64,
            SchemaType.Int => ColumnOpCode.IntToInt64,
            _ => null,
        },
        ColumnType.Float => schema.Type switch
        {
            SchemaType.Float => ColumnOpCode.Float,
            SchemaType.Int or SchemaType.Long => ColumnOpCode.IntegerToFloat,
            _ => null,
        },
        ColumnType.Double => schema.Type switch
        {
            SchemaType.Double => ColumnOpCode.Double,
            SchemaType.Float => ColumnOpCode.FloatToDouble,
            SchemaType.Int or SchemaType.Long => ColumnOpCode.IntegerToDouble,
            _ => null,
        },
        ColumnType.Date => schema.Logical.Kind == LogicalKind.Date ? ColumnOpCode.Int32 : null,
        ColumnType.Timestamp => schema.Logical.Kind switch
        {
            LogicalKind.TimestampMicros => ColumnOpCode.Int64,
            LogicalKind.TimestampMillis => ColumnOpCode.MillisToMicros,
            LogicalKind.TimestampNanos => ColumnOpCode.NanosToMicros,
            _ => null,
        },
        ColumnType.Decimal => ForDecimal(schema, column),
        ColumnType.Binary => schema.Type switch
        {
            SchemaType.Bytes or SchemaType.String => ColumnOpCode.Binary,
            SchemaType.Fixed => ColumnOpCode.Fixed,
            _ => null,
        },
        ColumnType.Text => ForText(schema),
        _ => null,
    };

    private static ColumnOpCode? ForDecimal(Schema schema, ColumnField column) => schema.Type switch
    {
        SchemaType.Int or SchemaType.Long when schema.Logical.Kind == LogicalKind.None => ColumnOpCode.IntegerToDecimal,
        _ => schema.Logical.Kind == LogicalKind.Decimal && schema.Logical.Scale <= column.Scale
            ? ColumnOpCode.Decimal
            : null,
    };

    private static ColumnOpCode ForText(Schema schema) => schema switch
    {
        EnumSchema => ColumnOpCode.Enum,
        PrimitiveSchema { Type: SchemaType.String } => ColumnOpCode.Text,
        PrimitiveSchema { Type: SchemaType.Bytes, Logical.Kind: LogicalKind.None } => ColumnOpCode.Text,
        ArraySchema { Items.Type: SchemaType.String or SchemaType.Enum } => ColumnOpCode.JoinedText,
        _ => ColumnOpCode.RenderedText,
    };
}

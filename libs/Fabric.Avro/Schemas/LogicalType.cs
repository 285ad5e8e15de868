namespace Fabric.Avro;

/// <summary>What the underlying value means. Unknown and invalid logical types are <see cref="None"/>, as the specification asks.</summary>
public enum LogicalKind
{
    None,

    /// <summary>bytes or fixed: two's complement, big-endian, unscaled; precision and scale in <see cref="LogicalType"/>.</summary>
    Decimal,

    /// <summary>bytes: the unscaled value as Avro bytes, then the scale as an Avro int (1.12).</summary>
    BigDecimal,

    /// <summary>string, or fixed of 16 bytes in network order.</summary>
    Uuid,

    /// <summary>int: days since 1970-01-01.</summary>
    Date,
    TimeMillis,
    TimeMicros,
    TimestampMillis,
    TimestampMicros,
    TimestampNanos,
    LocalTimestampMillis,
    LocalTimestampMicros,
    LocalTimestampNanos,

    /// <summary>fixed of 12 bytes: months, days, milliseconds, each an unsigned 32-bit little-endian number.</summary>
    Duration,
}

/// <summary>A logical type with its parameters.</summary>
/// <param name="Kind"><see cref="LogicalKind.None"/> when the type has none that is valid.</param>
/// <param name="Precision">Decimal digits, at least 1; 0 unless <see cref="LogicalKind.Decimal"/>.</param>
/// <param name="Scale">Digits after the point, 0..<paramref name="Precision"/>.</param>
public readonly record struct LogicalType(LogicalKind Kind, int Precision = 0, int Scale = 0)
{
    /// <summary>The logical type of that name on that underlying type; none when unknown or not allowed there.</summary>
    internal static LogicalType From(string? name, SchemaType type, int fixedSize, int? precision, int? scale) =>
        (name, type) switch
        {
            ("decimal", SchemaType.Bytes or SchemaType.Fixed) => Decimal(type, fixedSize, precision, scale),
            ("big-decimal", SchemaType.Bytes) => new(LogicalKind.BigDecimal),
            ("uuid", SchemaType.String) => new(LogicalKind.Uuid),
            ("uuid", SchemaType.Fixed) when fixedSize == 16 => new(LogicalKind.Uuid),
            ("date", SchemaType.Int) => new(LogicalKind.Date),
            ("time-millis", SchemaType.Int) => new(LogicalKind.TimeMillis),
            ("time-micros", SchemaType.Long) => new(LogicalKind.TimeMicros),
            ("timestamp-millis", SchemaType.Long) => new(LogicalKind.TimestampMillis),
            ("timestamp-micros", SchemaType.Long) => new(LogicalKind.TimestampMicros),
            ("timestamp-nanos", SchemaType.Long) => new(LogicalKind.TimestampNanos),
            ("local-timestamp-millis", SchemaType.Long) => new(LogicalKind.LocalTimestampMillis),
            ("local-timestamp-micros", SchemaType.Long) => new(LogicalKind.LocalTimestampMicros),
            ("local-timestamp-nanos", SchemaType.Long) => new(LogicalKind.LocalTimestampNanos),
            ("duration", SchemaType.Fixed) when fixedSize == 12 => new(LogicalKind.Duration),
            _ => default,
        };

    private static LogicalType Decimal(SchemaType type, int fixedSize, int? precision, int? scale)
    {
        int digits = scale ?? 0;
        bool valid = precision is >= 1 && digits >= 0 && digits <= precision
            && (type == SchemaType.Bytes || precision <= DigitsOf(fixedSize));
        return valid ? new LogicalType(LogicalKind.Decimal, precision!.Value, digits) : default;
    }

    /// <summary>Decimal digits that any value of that many bytes, two's complement, can hold.</summary>
    private static long DigitsOf(int bytes) => bytes == 0 ? 0 : (long)Math.Floor(((8.0 * bytes) - 1) * Math.Log10(2));
}

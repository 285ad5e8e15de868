namespace Fabric.Core.Columns;

/// <summary>The physical type of a column, and how its values are held in memory.</summary>
public enum ColumnType
{
    /// <summary><see cref="bool"/>; Delta boolean.</summary>
    Boolean,

    /// <summary><see cref="int"/>; Delta integer.</summary>
    Int32,

    /// <summary><see cref="long"/>; Delta long.</summary>
    Int64,

    /// <summary><see cref="float"/>; Delta float.</summary>
    Float,

    /// <summary><see cref="double"/>; Delta double. NaN and infinities are values, not nulls.</summary>
    Double,

    /// <summary>UTF-8 bytes; Delta string.</summary>
    Text,

    /// <summary>Bytes; Delta binary.</summary>
    Binary,

    /// <summary><see cref="int"/> days since 1970-01-01; Delta date.</summary>
    Date,

    /// <summary><see cref="long"/> microseconds since 1970-01-01T00:00:00Z; Delta timestamp (adjusted to UTC).</summary>
    Timestamp,

    /// <summary><see cref="Int128"/> unscaled value with the column's precision (1..38) and scale; Delta decimal.</summary>
    Decimal,
}

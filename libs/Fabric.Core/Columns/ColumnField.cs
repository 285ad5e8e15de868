namespace Fabric.Core.Columns;

/// <summary>Name, type and nullability of one column.</summary>
/// <param name="Name">Unique in its batch, case-insensitively (Delta's rule).</param>
/// <param name="Type">Physical type.</param>
/// <param name="Nullable">Whether <see cref="Column.AppendNull"/> is allowed.</param>
/// <param name="Precision">Decimal digits, 1..38; 0 unless <paramref name="Type"/> is <see cref="ColumnType.Decimal"/>.</param>
/// <param name="Scale">Digits after the point, 0..<paramref name="Precision"/>.</param>
public sealed record ColumnField(
    string Name, ColumnType Type, bool Nullable = true, int Precision = 0, int Scale = 0);

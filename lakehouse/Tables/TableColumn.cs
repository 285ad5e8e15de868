using Fabric.Avro;
using Fabric.Core.Columns;

namespace Fabric.Lakehouse.Tables;

/// <summary>A column of a table and the path in the records that it is filled from.</summary>
/// <param name="HoldsAny">A text column that took over because the field's types have nothing in common: it takes every type.</param>
internal sealed record TableColumn(ColumnField Field, string Path, bool HoldsAny = false)
{
    public ColumnSource Source => new(Field, Path);
}

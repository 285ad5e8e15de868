namespace Fabric.Lakehouse.Tables;

/// <summary>Whether records of a schema fit a table's columns. Records of a schema that fits none are malformed instead: an exception.</summary>
internal abstract record ShapeFit
{
    private ShapeFit()
    {
    }

    /// <summary>They fit as it is.</summary>
    public sealed record Same : ShapeFit;

    /// <summary>They fit once columns are added; old and new records both do.</summary>
    public sealed record Widened(TableShape Shape) : ShapeFit;

    /// <summary>A column would have to change its type: only another table takes both.</summary>
    /// <param name="Shape">Columns of that table.</param>
    /// <param name="Reasons">Each column, its type and what comes now.</param>
    public sealed record Incompatible(TableShape Shape, IReadOnlyList<string> Reasons) : ShapeFit;
}

using Fabric.Avro;
using Fabric.Core.Columns;

namespace Fabric.Lakehouse.Tables;

/// <summary>A table that is fed from a topic: which columns, from which fields, in which files.</summary>
/// <param name="Name">Folder of the table under the lake.</param>
/// <param name="Topic">The topic, with the fabric's prefix.</param>
/// <param name="Mapping">Columns and the paths they come from; one row per element of the exploded array.</param>
/// <param name="TimeColumn">Timestamp column whose UTC date is the row's partition.</param>
/// <param name="ReceivedColumn">
/// Timestamp column that gives the date instead when the time is not believable (<see cref="Fabric.Core.ObservedTime"/>); null for none.
/// </param>
/// <param name="EmitsLineage">False for tables about lineage itself, which would never come to rest.</param>
public sealed record TableDefinition(
    string Name, string Topic, ColumnMapping Mapping, string TimeColumn, string? ReceivedColumn, FlushPolicy Flush,
    bool EmitsLineage = true)
{
    /// <summary>The partition column of every table.</summary>
    public const string DateColumn = "date";

    /// <summary>Where each row came from: the last columns of every table.</summary>
    public static readonly IReadOnlyList<ColumnField> OriginFields =
    [
        new("_topic", ColumnType.Text), new("_partition", ColumnType.Int32), new("_offset", ColumnType.Int64),
        new("_index", ColumnType.Int32),
    ];

    /// <summary>Columns of the data files: all but the date, which is in the folder's name.</summary>
    public IReadOnlyList<ColumnField> FileFields => [.. Mapping.Fields, .. OriginFields];
}

using Fabric.Avro;
using Fabric.Core.Columns;

namespace Fabric.Lakehouse.Tables;

/// <summary>How the files of a table are divided.</summary>
public enum TablePartitioning
{
    /// <summary>By the column <see cref="TableDefinition.DateColumn"/>.</summary>
    Date,

    /// <summary>Not at all: for tables that stay small.</summary>
    None,
}

/// <summary>A table that is fed from a topic: which columns, from which fields, in which files.</summary>
/// <param name="Name">Folder of the table under the lake; later versions of it are named <c>name_v2</c> and so on.</param>
/// <param name="Topic">The topic, with the fabric's prefix.</param>
/// <param name="Mapping">
/// Columns and the paths they come from; null: all fields of the records' schemas, and those that later schemas add.
/// </param>
/// <param name="Explode">Path of the array with one row per element; null for one row per record.</param>
/// <param name="TimeColumn">
/// Timestamp or date column whose UTC date is the row's partition; null, absent from a schema or null in a row: the time of the
/// Kafka record.
/// </param>
/// <param name="ReceivedColumn">
/// Timestamp column that gives the date instead when the time is not believable (<see cref="Fabric.Core.ObservedTime"/>); null for none.
/// </param>
/// <param name="EmitsLineage">False for tables about lineage itself, which would never come to rest.</param>
public sealed record TableDefinition(
    string Name, string Topic, ColumnMapping? Mapping, string? Explode, string? TimeColumn, string? ReceivedColumn,
    TablePartitioning Partitioning, FlushPolicy Flush, bool EmitsLineage = true)
{
    /// <summary>The partition column.</summary>
    public const string DateColumn = "date";

    /// <summary>Where each row came from: columns of every table.</summary>
    public static readonly IReadOnlyList<ColumnField> OriginFields =
    [
        new("_topic", ColumnType.Text), new("_partition", ColumnType.Int32), new("_offset", ColumnType.Int64),
        new("_index", ColumnType.Int32),
    ];

    /// <summary>Partition columns in order.</summary>
    public IReadOnlyList<string> PartitionColumns => Partitioning == TablePartitioning.Date ? [DateColumn] : [];
}

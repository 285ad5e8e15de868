using System.Globalization;
using System.Text.Json;
using Fabric.Delta.Actions;
using Fabric.Delta.Log;
using Fabric.Delta.Schema;
using Fabric.DuckDb;

namespace Fabric.Delta.Statistics;

/// <summary>
/// <c>add.stats</c> from a Parquet file's footer: row count, and for the first 32 leaf columns (or those the table names) minimum,
/// maximum and null count, nested like the schema (protocol, "Per-file Statistics").
/// </summary>
/// <remarks>
/// No range for booleans, binaries, lists, maps, columns with a NaN (or where nobody looked for one), and none for withheld
/// columns: a minimum quotes a value. Texts are cut to 32 characters, maxima then rounded up; timestamps are cut to milliseconds.
/// </remarks>
public static class DeltaStatistics
{
    /// <summary>The JSON text for <see cref="AddAction.Stats"/>.</summary>
    /// <param name="snapshot">Whose properties say which columns have statistics.</param>
    /// <param name="schema">The schema of the file: the snapshot's, or the widened one of the same commit.</param>
    /// <param name="file">A file of our own writer: timestamps count microseconds.</param>
    /// <param name="withheld">Names of top-level columns without minimum and maximum.</param>
    public static string Write(
        Snapshot snapshot, StructType schema, ParquetFileInfo file, IReadOnlyCollection<string> withheld)
    {
        var leaves = new IndexedLeaves(snapshot, schema, file, withheld);
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, ActionJson.WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteNumber("numRecords", file.RowCount);
            WriteTree(writer, "minValues", leaves.Tree, leaf => leaf.Minimum);
            WriteTree(writer, "maxValues", leaves.Tree, leaf => leaf.Maximum);
            WriteTree(writer, "nullCount", leaves.Tree, leaf => leaf.NullCount?.ToString(CultureInfo.InvariantCulture));
            writer.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void WriteTree(Utf8JsonWriter writer, string name, LeafNode tree, Func<LeafStatistics, string?> json)
    {
        writer.WriteStartObject(name);
        WriteMembers(writer, tree, json);
        writer.WriteEndObject();
    }

    private static void WriteMembers(Utf8JsonWriter writer, LeafNode node, Func<LeafStatistics, string?> json)
    {
        foreach ((string name, LeafNode child) in node.Children)
        {
            if (child.Leaf is { } leaf)
            {
                if (json(leaf) is { } value)
                {
                    writer.WritePropertyName(name);
                    writer.WriteRawValue(value);
                }
            }
            else if (Holds(child, json))
            {
                writer.WriteStartObject(name);
                WriteMembers(writer, child, json);
                writer.WriteEndObject();
            }
        }
    }

    private static bool Holds(LeafNode node, Func<LeafStatistics, string?> json) =>
        node.Leaf is { } leaf ? json(leaf) is not null : node.Children.Any(child => Holds(child.Node, json));
}

/// <summary>A column or struct in the order of the schema.</summary>
internal sealed class LeafNode
{
    public List<(string Name, LeafNode Node)> Children { get; } = [];

    /// <summary>Null for a struct.</summary>
    public LeafStatistics? Leaf { get; init; }
}

/// <summary>Statistics of one column as JSON values; null where there are none.</summary>
internal sealed record LeafStatistics(string? Minimum, string? Maximum, long? NullCount);

/// <summary>The columns that get statistics, with their footer entries.</summary>
internal sealed class IndexedLeaves
{
    private readonly ParquetFileInfo _file;
    private readonly IReadOnlyCollection<string> _withheld;
    private readonly HashSet<string> _partitions;
    private readonly List<string[]>? _named;
    private int _left;

    public IndexedLeaves(Snapshot snapshot, StructType schema, ParquetFileInfo file, IReadOnlyCollection<string> withheld)
    {
        _file = file;
        _withheld = withheld;
        _partitions = new HashSet<string>(snapshot.PartitionColumns, StringComparer.OrdinalIgnoreCase);
        int columns = TableProperties.IndexedColumns(snapshot.Metadata);
        _left = columns < 0 ? int.MaxValue : columns;
        _named = TableProperties.StatsColumns(snapshot.Metadata) is { } names
            ? names.Split(',').Select(name => name.Trim(' ', '`').Split('.')).ToList()
            : null;
        AddStruct(Tree, schema, []);
    }

    public LeafNode Tree { get; } = new();

    private void AddStruct(LeafNode into, StructType structure, string[] path)
    {
        foreach (StructField field in structure.Fields)
        {
            string[] fieldPath = [.. path, field.Name];
            if (path.Length == 0 && _partitions.Contains(field.Name))
            {
                continue;
            }

            if (field.Type is StructType inner)
            {
                var node = new LeafNode();
                into.Children.Add((field.Name, node));
                AddStruct(node, inner, fieldPath);
            }
            else if (IsIndexed(fieldPath))
            {
                into.Children.Add((field.Name, new LeafNode { Leaf = Leaf(field, fieldPath) }));
            }
        }
    }

    /// <summary>A list or map counts as one column, as in Spark.</summary>
    private bool IsIndexed(string[] path)
    {
        if (_named is not null)
        {
            return _named.Exists(name => name.Length <= path.Length
                && name.Zip(path).All(pair => string.Equals(pair.First, pair.Second, StringComparison.OrdinalIgnoreCase)));
        }

        return _left-- > 0;
    }

    private LeafStatistics Leaf(StructField field, string[] path)
    {
        ParquetColumnStatistics? found = null;
        foreach (ParquetColumnStatistics column in _file.Columns)
        {
            if (column.Path.SequenceEqual(path, StringComparer.Ordinal))
            {
                found = column;
            }
        }

        if (found is null || field.Type is ArrayType or MapType)
        {
            return new LeafStatistics(null, null, null);
        }

        bool noRange = found.Min is null || found.Max is null || _withheld.Contains(path[0]);
        bool mayHoldNaN = field.Type.Name is "float" or "double" && found.HasNaN != false;
        return noRange || mayHoldNaN
            ? new LeafStatistics(null, null, found.NullCount)
            : new LeafStatistics(
                StatisticsValue.Write(field.Type, found.Min!, isMaximum: false),
                StatisticsValue.Write(field.Type, found.Max!, isMaximum: true), found.NullCount);
    }
}

using System.Text.RegularExpressions;
using Fabric.Core.Options;

namespace Fabric.Lakehouse.Tables;

/// <summary>Tables as <c>fabric.yaml</c> describes them.</summary>
/// <remarks>
/// <code>
/// tables:
///   orders:
///     topic: shop.orders        # literally; default: the fabric's topic of the table's name
///     explode: items            # path of the array with one row per element; default: one row per record
///     time: created_at          # column that gives the date; default: the time of the Kafka record
///     received: received_at     # column that gives it where the time is not believable; default: none
///     partitioning: date        # or none; default date
///     flush: { rows: 1000000, bytes: 128MiB, every: 60s }
/// </code>
/// Columns follow from the schemas of the topic's records (<see cref="Fabric.Avro.ColumnMapping.Infer"/>).
/// </remarks>
public static partial class TableOptions
{
    private const int NameLengthMax = 64;

    /// <summary>Reads one table; null when it cannot be told what it is, which is reported.</summary>
    /// <param name="name">The table's name: the key in the map.</param>
    /// <param name="defaultTopic">The topic when none is named; null: one must be.</param>
    public static TableDefinition? Read(OptionReader reader, string name, string? defaultTopic, FlushPolicy otherwise)
    {
        CheckName(reader, name);
        string topic = defaultTopic is null
            ? reader.RequiredText("topic", "the topic whose records are the rows, e.g. shop.orders")
            : reader.Text("topic") ?? defaultTopic;
        string? explode = ReadPath(reader, "explode");
        string? time = reader.Text("time"), received = reader.Text("received");
        TablePartitioning partitioning = reader.Choice(
            "partitioning", TablePartitioning.Date, ("date", TablePartitioning.Date), ("none", TablePartitioning.None));
        if (partitioning == TablePartitioning.None && (time ?? received) is not null)
        {
            reader.Report("'time' and 'received' give the date of a partition; with 'partitioning: none' remove them");
        }

        FlushPolicy flush = ReadFlush(reader, otherwise);
        reader.Finish();
        return topic.Length == 0 ? null : new TableDefinition(
            name, topic, Mapping: null, explode, time, received, partitioning, flush, EmitsLineage: name is not ("lineage" or "audit"));
    }

    /// <summary>The map <c>flush</c>; what it does not say is as otherwise.</summary>
    public static FlushPolicy ReadFlush(OptionReader reader, FlushPolicy otherwise)
    {
        if (reader.Section("flush") is not { } section)
        {
            return otherwise;
        }

        var flush = new FlushPolicy(
            section.Integer("rows", otherwise.Rows, 1, 100_000_000),
            section.ByteSize("bytes", otherwise.Bytes, 1024, 16L << 30),
            section.Duration("every", otherwise.Every, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(24)));
        section.Finish();
        return flush;
    }

    private static void CheckName(OptionReader reader, string name)
    {
        if (name.Length > NameLengthMax || !NamePattern().IsMatch(name))
        {
            reader.Report(
                $"'{name}' is no name for a table: expected lower-case letters, digits and '_', beginning with a letter, at most {NameLengthMax}");
        }
        else if (VersionPattern().IsMatch(name))
        {
            reader.Report($"'{name}' is what a later version of a table would be named; choose a name that does not end in _v and a number");
        }
    }

    private static string? ReadPath(OptionReader reader, string key)
    {
        string? path = reader.Text(key);
        if (path is not null && !PathPattern().IsMatch(path))
        {
            reader.Document.Report(reader.Find(key)!, $"expected names of fields joined by dots, e.g. order.items, found '{path}'");
        }

        return path;
    }

    [GeneratedRegex("^[a-z][a-z0-9_]*$", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();

    [GeneratedRegex("_v[0-9]+$", RegexOptions.CultureInvariant)]
    private static partial Regex VersionPattern();

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$", RegexOptions.CultureInvariant)]
    private static partial Regex PathPattern();
}

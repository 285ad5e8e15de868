using Fabric.Core.Columns;

namespace Fabric.Avro;

/// <summary>
/// Which columns a record becomes: one row per record, or one row per element of one array (then fields outside it are
/// repeated). It names paths, not types of the writer's: each writer's schema is fitted to it by <see cref="ColumnPlan.Compile"/>.
/// </summary>
/// <remarks>Immutable and safe to share between threads.</remarks>
public sealed class ColumnMapping
{
    /// <summary>The path of the element index: a column of type Int32 or Int64.</summary>
    public const string IndexPath = "$index";

    /// <param name="columns">At least one; names must differ, ignoring case.</param>
    /// <param name="explode">Path of the array with one row per element; null for one row per record.</param>
    /// <exception cref="ArgumentException">No column, or two of one name, or an index that is no integer.</exception>
    public ColumnMapping(IReadOnlyList<ColumnSource> columns, string? explode = null)
    {
        if (columns.Count == 0)
        {
            throw new ArgumentException("A mapping has at least one column", nameof(columns));
        }

        if (columns.DistinctBy(column => column.Field.Name, StringComparer.OrdinalIgnoreCase).Count() != columns.Count)
        {
            throw new ArgumentException("Two columns have the same name, ignoring case", nameof(columns));
        }

        if (columns.Any(column => column.Path == IndexPath && column.Field.Type is not (ColumnType.Int32 or ColumnType.Int64)))
        {
            throw new ArgumentException("The index column is Int32 or Int64", nameof(columns));
        }

        Columns = [.. columns];
        Explode = explode;
    }

    /// <summary>In the order in which they were given.</summary>
    public IReadOnlyList<ColumnSource> Columns { get; }

    /// <summary>Path of the exploded array; null when each record is one row.</summary>
    public string? Explode { get; }

    /// <summary>The columns without their paths: for a <see cref="ColumnBatch"/> that holds them, or them and others.</summary>
    public IEnumerable<ColumnField> Fields => Columns.Select(column => column.Field);

    /// <summary>
    /// Derives the columns of a table from a schema. Names become snake_case; nested records are flattened with <c>_</c>; a
    /// union of several types becomes a column per type (<c>value_double</c>); elements of the exploded array bear their own
    /// names, and the array's before them where that name is taken. All columns are nullable, so that older and newer writers
    /// fit. Types:
    /// <list type="table">
    /// <item><term>boolean, int, long, float, double</term><description>themselves</description></item>
    /// <item><term>string, enum, uuid, duration (ISO 8601)</term><description>Text</description></item>
    /// <item><term>bytes, fixed</term><description>Binary</description></item>
    /// <item><term>decimal up to 38 digits</term><description>Decimal; beyond, and big-decimal, Binary as written</description></item>
    /// <item><term>date</term><description>Date</description></item>
    /// <item><term>timestamp-millis, -micros, -nanos</term><description>Timestamp in micros; nanos are cut down to micros</description></item>
    /// <item><term>time-millis, time-micros</term><description>Int32, Int64 in their unit</description></item>
    /// <item><term>local-timestamp-*</term><description>Text, ISO 8601 without zone: it is no moment</description></item>
    /// <item><term>other arrays</term><description>Text: comma-joined for enums and strings, else JSON</description></item>
    /// <item><term>maps, recursive records</term><description>Text: JSON</description></item>
    /// </list>
    /// </summary>
    /// <param name="schema">A record.</param>
    /// <param name="explode">Path of the array with one row per element; null for one row per record.</param>
    /// <param name="indexColumn">Name of a column for the element's index, null for none.</param>
    /// <exception cref="AvroException">The schema is no record, or has no array at that path (AVRO_MAPPING).</exception>
    public static ColumnMapping Infer(Schema schema, string? explode = null, string? indexColumn = null) =>
        ColumnInference.Infer(schema, explode, indexColumn);
}

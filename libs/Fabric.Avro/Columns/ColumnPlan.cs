namespace Fabric.Avro;

/// <summary>
/// Decodes bodies of one writer's schema straight into columns: a flat list of operations, compiled once. No object is made
/// per record or per element.
/// </summary>
/// <remarks>Immutable and safe to share between threads; what it writes to (<see cref="ColumnTarget"/>) is not.</remarks>
public sealed class ColumnPlan
{
    internal ColumnPlan(Schema writer, ColumnMapping mapping, ColumnOp[] operations, int[] jumps, bool[] stashed)
    {
        Writer = writer;
        Mapping = mapping;
        Operations = operations;
        Jumps = jumps;
        Stashed = stashed;
    }

    public Schema Writer { get; }

    public ColumnMapping Mapping { get; }

    internal ColumnOp[] Operations { get; }

    internal int[] Jumps { get; }

    /// <summary>Per column: its values are the same in all rows of a record.</summary>
    internal bool[] Stashed { get; }

    /// <summary>Fits a writer's schema to a mapping. Columns whose path the schema lacks will be null.</summary>
    /// <exception cref="AvroException">
    /// AVRO_MAPPING: a value cannot be written to its column's type, a column that is not nullable has no value in this schema, or
    /// the exploded path is no array here. The path is the column's.
    /// </exception>
    public static ColumnPlan Compile(Schema writer, ColumnMapping mapping) => ColumnPlanCompiler.Compile(writer, mapping);

    /// <summary>Appends the rows of one body; returns how many (0 when the exploded array is empty or null).</summary>
    /// <param name="body">Exactly one record, unframed.</param>
    /// <param name="target">Made with this plan's mapping; its columns are level.</param>
    /// <exception cref="AvroException">
    /// The body is malformed, has trailing bytes or a value that does not fit its column. The mapped columns are cut back to where
    /// the record began.
    /// </exception>
    /// <exception cref="InvalidOperationException">A column's batch would pass 2 GiB: flush first. The columns are cut back too.</exception>
    public int Decode(ReadOnlySpan<byte> body, ColumnTarget target)
    {
        if (!ReferenceEquals(target.Mapping, Mapping))
        {
            throw new ArgumentException("The target was made with another mapping", nameof(target));
        }

        int start = target.Columns[0].Count;
        try
        {
            return ColumnExecutor.Run(this, body, target, start);
        }
        catch (Exception e)
        {
            foreach (Fabric.Core.Columns.Column column in target.Columns)
            {
                if (column.Count > start)
                {
                    column.Truncate(start);
                }
            }

            if (e is AvroException { Path.Length: 0 } error)
            {
                throw FieldPath.Locate(error, Writer, body);
            }

            throw;
        }
    }
}

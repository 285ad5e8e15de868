using System.Runtime.InteropServices;

namespace Fabric.Avro;

/// <summary>
/// Decodes bodies of one writer's schema straight into columns: a flat list of operations, compiled once. No object is made
/// per record or per element.
/// </summary>
/// <remarks>Safe to share between threads; what it writes to (<see cref="ColumnTarget"/>) is not.</remarks>
public sealed class ColumnPlan
{
    /// <summary>Records after which a plan is worth compiling to machine code: some milliseconds' work.</summary>
    internal const int RecordsBeforeCode = 500;

    private int _records;

    internal ColumnPlan(
        Schema writer, ColumnMapping mapping, ColumnOp[] operations, int[] jumps, int[] index, int[] shared, int[] mayBeBehind)
    {
        Writer = writer;
        Mapping = mapping;
        Operations = operations;
        Jumps = jumps;
        Explodes = mapping.Explode is not null;
        Index = index;
        Shared = shared;
        MayBeBehind = mayBeBehind;
        HasMore = index.Length > 0 || shared.Length > 0 || mayBeBehind.Length > 0;
    }

    public Schema Writer { get; }

    public ColumnMapping Mapping { get; }

    internal ColumnOp[] Operations { get; }

    /// <summary>The operations as machine code, once they have run often enough to be worth it.</summary>
    internal ColumnCode? Code { get; private set; }

    internal int[] Jumps { get; }

    internal bool Explodes { get; }

    /// <summary>Columns of the element's index.</summary>
    internal int[] Index { get; }

    /// <summary>Columns with the same value in all rows of a record.</summary>
    internal int[] Shared { get; }

    /// <summary>Columns that a row may leave without a value.</summary>
    internal int[] MayBeBehind { get; }

    /// <summary>Whether there is something to do to the columns when a body has been read.</summary>
    internal bool HasMore { get; }

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

        if (_records < RecordsBeforeCode && ++_records == RecordsBeforeCode)
        {
            MakeCode();
        }

        int start = target.Columns[0].Count;
        try
        {
            if (Code is { } code && !HasMore)
            {
                target.BeginRecord();
                return code(ref MemoryMarshal.GetReference(body), body.Length, target, start) - start;
            }

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

    /// <summary>Never goes over to machine code: for tests that hold the two against each other.</summary>
    internal void StayInterpreted() => _records = RecordsBeforeCode;

    /// <summary>Goes over to machine code now.</summary>
    internal void MakeCode()
    {
        _records = RecordsBeforeCode;
        Code = ColumnCodeEmitter.Emit(this);
    }
}

using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fabric.Core.Columns;

namespace Fabric.Avro;

/// <summary>A batch seen through a mapping: the batch's columns in the mapping's order, and memory that decoding uses.</summary>
/// <remarks>Not thread-safe: as the batch, it has one writer. The batch may have further columns, which are the caller's to fill.</remarks>
public sealed class ColumnTarget
{
    private static readonly JsonWriterOptions JsonOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true,
    };

    /// <exception cref="AvroException">The batch lacks a column of the mapping, or has it with another type (AVRO_MAPPING).</exception>
    public ColumnTarget(ColumnMapping mapping, ColumnBatch batch)
    {
        Mapping = mapping;
        Batch = batch;
        Columns = new Column[mapping.Columns.Count];
        for (int i = 0; i < Columns.Length; i++)
        {
            ColumnField wanted = mapping.Columns[i].Field;
            Column? column = batch.Columns.FirstOrDefault(c => c.Field.Name == wanted.Name);
            if (column?.Field != wanted)
            {
                throw new AvroException(AvroErrors.Mapping,
                    $"The batch has no column like the mapping's '{wanted.Name}' ({wanted.Type})", wanted.Name);
            }

            Columns[i] = column;
        }

        Stash = new StashedValue[Columns.Length];
        Json = new Utf8JsonWriter(Scratch, JsonOptions);
    }

    public ColumnMapping Mapping { get; }

    public ColumnBatch Batch { get; }

    /// <summary>In the order of the mapping.</summary>
    internal Column[] Columns { get; }

    /// <summary>The first of them, for code that finds the others by their place.</summary>
    internal ref Column First => ref MemoryMarshal.GetArrayDataReference(Columns);

    /// <summary>Values of fields outside the exploded array, until the number of rows is known.</summary>
    internal StashedValue[] Stash { get; }

    /// <summary>Text that is made while decoding. Grows; cleared with each record.</summary>
    internal AvroBuffer Scratch { get; } = new(1024);

    internal Utf8JsonWriter Json { get; }

    /// <summary>Items of no bytes met in the current body; see <see cref="AvroLimits.EmptyItemsMax"/>.</summary>
    internal int EmptyItems { get; set; }

    /// <summary>Forgets what belongs to the record before.</summary>
    internal void BeginRecord()
    {
        EmptyItems = 0;
        Scratch.Clear();
    }

    /// <summary>A value of one record that all its rows share.</summary>
    internal struct StashedValue
    {
        public StashKind Kind;
        public Int128 Number;
        public double Real;
        public int Start;
        public int Length;
        public byte[]? Bytes;
    }

    internal enum StashKind : byte
    {
        Null,
        Number,
        Real,
        Body,
        Scratch,
        Bytes,
    }
}

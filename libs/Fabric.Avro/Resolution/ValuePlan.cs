namespace Fabric.Avro;

/// <summary>
/// How values written by one schema are read as another (Avro 1.12, "Schema Resolution"), compiled once: promotions, fields
/// by name and alias, defaults, enum symbols and union branches are decided here and not per record. Recursive types make
/// plans that contain themselves. Immutable and safe to share between threads.
/// </summary>
public sealed class ValuePlan
{
    internal ValuePlan(Schema writer, Schema reader)
    {
        Writer = writer;
        Reader = reader;
    }

    /// <summary>The writer's type; for a default, the reader's.</summary>
    public Schema Writer { get; }

    public Schema Reader { get; }

    public PlanKind Kind { get; internal set; }

    /// <summary>What is on the wire is what the reader's own type would be, down to the leaves: a codec made for it may read it.</summary>
    public bool IsDirect { get; internal set; }

    /// <summary>Items of an array, values of a map, or what <see cref="PlanKind.ReaderUnion"/> holds.</summary>
    public ValuePlan Item { get; internal set; } = null!;

    /// <summary>Fields of a record.</summary>
    public ReadOnlySpan<FieldStep> Steps => StepArray;

    /// <summary>For <see cref="PlanKind.ReaderUnion"/>, the index of the reader's branch.</summary>
    public int Branch { get; internal set; }

    internal FieldStep[] StepArray { get; set; } = [];

    internal ValuePlan[] Branches { get; set; } = [];

    /// <summary>Reader's index per writer's symbol; -1 when the reader has neither symbol nor default.</summary>
    internal int[] Symbols { get; set; } = [];

    /// <summary>Why a <see cref="PlanKind.Mismatch"/> is one.</summary>
    internal string Problem { get; set; } = "";

    /// <summary>Compiles the plan.</summary>
    /// <exception cref="AvroException">The reader can read no value of the writer's (AVRO_RESOLUTION); the path is in the reader.</exception>
    public static ValuePlan Compile(Schema writer, Schema reader) => PlanCompiler.Compile(writer, reader);

    /// <summary>Follows the writer's unions: reads their indexes and returns the plan of the branch that is there.</summary>
    public ValuePlan Concrete(ref AvroReader reader)
    {
        ValuePlan plan = this;
        while (plan.Kind == PlanKind.WriterUnion)
        {
            plan = plan.Branches[reader.ReadUnion(plan.Branches.Length)];
        }

        if (plan.Kind == PlanKind.Mismatch)
        {
            reader.Throw(AvroErrors.Resolution, plan.Problem);
        }

        return plan;
    }

    /// <summary>Reads the branch of a reader's union: its index, and the plan by which the value goes on.</summary>
    public int ReadUnion(ref AvroReader reader, out ValuePlan value)
    {
        ValuePlan plan = Concrete(ref reader);
        value = plan.Item;
        return plan.Branch;
    }

    public void ReadNull(ref AvroReader reader) => Concrete(ref reader);

    public bool ReadBoolean(ref AvroReader reader)
    {
        Concrete(ref reader);
        return reader.ReadBoolean();
    }

    public int ReadInt(ref AvroReader reader)
    {
        Concrete(ref reader);
        return reader.ReadInt();
    }

    public long ReadLong(ref AvroReader reader) =>
        Concrete(ref reader).Kind == PlanKind.Long ? reader.ReadLong() : reader.ReadInt();

    public float ReadFloat(ref AvroReader reader) => Concrete(ref reader).Kind switch
    {
        PlanKind.IntToFloat => reader.ReadInt(),
        PlanKind.LongToFloat => reader.ReadLong(),
        _ => reader.ReadFloat(),
    };

    public double ReadDouble(ref AvroReader reader) => Concrete(ref reader).Kind switch
    {
        PlanKind.IntToDouble => reader.ReadInt(),
        PlanKind.LongToDouble => reader.ReadLong(),
        PlanKind.FloatToDouble => reader.ReadFloat(),
        _ => reader.ReadDouble(),
    };

    /// <summary>Bytes, or the UTF-8 of a string.</summary>
    public ReadOnlySpan<byte> ReadBytes(ref AvroReader reader)
    {
        Concrete(ref reader);
        return reader.ReadBytes();
    }

    /// <summary>A string; bytes that are read as a string must be UTF-8.</summary>
    public string ReadString(ref AvroReader reader)
    {
        Concrete(ref reader);
        return reader.ReadString();
    }

    public ReadOnlySpan<byte> ReadFixed(ref AvroReader reader)
    {
        Concrete(ref reader);
        return reader.ReadFixed(((FixedSchema)Reader).Size);
    }

    /// <summary>The index among the reader's symbols.</summary>
    public int ReadEnum(ref AvroReader reader)
    {
        ValuePlan plan = Concrete(ref reader);
        int index = plan.Symbols[reader.ReadEnum(plan.Symbols.Length)];
        if (index < 0)
        {
            reader.Throw(AvroErrors.Resolution,
                $"The reader's enum {Reader.FullName} lacks the symbol that was written, and has no default");
        }

        return index;
    }

    /// <summary>The count of the next block of this array or map, which must be <see cref="Concrete"/>; 0 ends it.</summary>
    public int ReadBlock(ref AvroReader reader) =>
        reader.ReadBlock(Item.Writer.BytesMin + (Kind == PlanKind.Map ? 1 : 0));
}

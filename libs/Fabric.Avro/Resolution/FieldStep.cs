namespace Fabric.Avro;

/// <summary>One step of reading a record: a field in the order the writer wrote them, then the defaults of those it did not write.</summary>
public readonly struct FieldStep
{
    internal FieldStep(int field, ValuePlan? plan, Schema? skipped, byte[]? defaultBytes)
    {
        Field = field;
        Plan = plan!;
        Skipped = skipped;
        Default = defaultBytes;
    }

    /// <summary>Position of the field in the reader's record; -1 when the reader has no such field.</summary>
    public int Field { get; }

    /// <summary>The value is read as if the reader had written it.</summary>
    public bool IsDirect => Plan.IsDirect;

    /// <summary>How the value is read; meaningless when <see cref="Field"/> is -1.</summary>
    public ValuePlan Plan { get; }

    /// <summary>The writer's type of a field that only the writer has.</summary>
    internal Schema? Skipped { get; }

    /// <summary>The encoded default of a field that only the reader has; null otherwise.</summary>
    internal byte[]? Default { get; }

    /// <summary>Whether the value comes from the reader's default; then <paramref name="source"/> reads it, not the body.</summary>
    public bool TryDefault(out AvroReader source)
    {
        source = new AvroReader(Default);
        return Default is not null;
    }

    /// <summary>Jumps over a field that the reader has not.</summary>
    public void Skip(ref AvroReader reader) => SchemaSkipper.Skip(ref reader, Skipped!);
}

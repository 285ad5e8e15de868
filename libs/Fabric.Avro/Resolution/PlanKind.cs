namespace Fabric.Avro;

/// <summary>What a <see cref="ValuePlan"/> does with the writer's bytes.</summary>
public enum PlanKind
{
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Fixed,

    /// <summary>An index that <see cref="ValuePlan.ReadEnum"/> maps to the reader's.</summary>
    Enum,
    Array,
    Map,
    Record,
    IntToLong,
    IntToFloat,
    IntToDouble,
    LongToFloat,
    LongToDouble,
    FloatToDouble,

    /// <summary>The writer has a union: an index says which of the branch plans goes on.</summary>
    WriterUnion,

    /// <summary>Only the reader has a union: the branch is known before the data.</summary>
    ReaderUnion,

    /// <summary>A branch of the writer's union that the reader cannot take: an error when it occurs.</summary>
    Mismatch,
}

namespace Fabric.Avro;

/// <summary>The operations of a <see cref="ColumnPlan"/>.</summary>
internal enum ColumnOpCode : byte
{
    /// <summary>The record is whole.</summary>
    End,

    /// <summary>Go on at A.</summary>
    Jump,

    /// <summary>Read a union index below B and go on at jump table entry A + index.</summary>
    Union,

    /// <summary>Read a block count of the exploded array (items of at least B bytes); without items go on at A.</summary>
    ExplodeStart,

    /// <summary>A row is whole: go on at A for the next one, or read the next block count as at B.</summary>
    ExplodeEnd,

    /// <summary>Read a block count of a map with wanted keys (values of at least B bytes); without entries go on at A.</summary>
    MapStart,

    /// <summary>Read a key and go on at jump table entry A + its index in the keys of Data, or the entry after them.</summary>
    MapKey,

    /// <summary>Undo what an earlier entry of the same key has put into the columns of Data: the last one counts.</summary>
    Forget,

    /// <summary>An entry is whole: the next one at A, or the next block as at B.</summary>
    MapEnd,

    /// <summary>Remember where the value begins: it is read more than once.</summary>
    Mark,

    /// <summary>Go back to there.</summary>
    Rewind,

    SkipVarint,
    SkipBytes,

    /// <summary>Jump over A bytes.</summary>
    SkipFixed,

    /// <summary>Jump over a value of schema Data.</summary>
    SkipValue,

    // Read a value and append it to Column: the types that make up most of what plants say, where rows differ in them.
    AppendBoolean,
    AppendInt32,
    AppendInt64,
    AppendDouble,
    AppendText,
    AppendEnum,

    // From here on: read a value and append it to Column, or stash it when the rows of a record share it.
    Boolean,
    Int32,
    Int64,
    IntToInt64,
    MillisToMicros,
    NanosToMicros,
    Float,
    Double,
    IntegerToFloat,
    IntegerToDouble,
    FloatToDouble,
    Text,
    Binary,

    /// <summary>A bytes of fixed size.</summary>
    Fixed,

    /// <summary>The symbol, from the symbols in Data.</summary>
    Enum,

    /// <summary>Two's complement of A bytes (-1: a length comes first), times ten to the B.</summary>
    Decimal,

    /// <summary>Times ten to the B.</summary>
    IntegerToDecimal,

    /// <summary>Items of the array Data, joined by commas.</summary>
    JoinedText,

    /// <summary>A value of schema Data as text: JSON when it is nested.</summary>
    RenderedText,
}

/// <summary>One operation. Column is an index into the mapping; columns outside the exploded array are stashed and repeated.</summary>
internal readonly record struct ColumnOp(ColumnOpCode Code, bool Stashed, short Column, int A = 0, int B = 0, object? Data = null);

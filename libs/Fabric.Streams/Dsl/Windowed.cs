namespace Fabric.Streams;

/// <summary>How much of a window's data a result has seen.</summary>
public enum Completeness
{
    /// <summary>The watermark has not passed the window's end: more is expected.</summary>
    Partial,

    /// <summary>The watermark passed the end; late data within the grace period may still revise the result.</summary>
    Complete,

    /// <summary>The grace period is over by the watermark: the result never changes again.</summary>
    Final,

    /// <summary>Closed by wall clock because its devices fell silent: the result never changes again, and may lack data.</summary>
    FinalByIdleness,
}

/// <summary>A key within a window. Two are equal when key, start and end are; what else it says describes the result.</summary>
/// <param name="StartMs">Inclusive, milliseconds since 1970-01-01T00:00:00Z.</param>
/// <param name="EndMs">Exclusive.</param>
/// <param name="Revision">How many results of this window came before this one; 0 for the first.</param>
public readonly record struct Windowed<K>(K Key, long StartMs, long EndMs, int Revision, Completeness Completeness)
{
    /// <summary>Whether this result never changes again.</summary>
    public bool IsFinal => Completeness is Completeness.Final or Completeness.FinalByIdleness;

    public bool Equals(Windowed<K> other) =>
        StartMs == other.StartMs && EndMs == other.EndMs && State.Comparers.Of<K>().Equals(Key, other.Key);

    public override int GetHashCode() =>
        HashCode.Combine(StartMs, Key is null ? 0 : State.Comparers.Of<K>().GetHashCode(Key));

    public override string ToString() => $"{Key}@{StartMs}/{EndMs}";
}

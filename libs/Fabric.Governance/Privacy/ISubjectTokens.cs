namespace Fabric.Governance.Privacy;

/// <summary>
/// The door through which personal values become tokens. Asynchronous and batched, because the salt of each person will
/// come from a store. The same value gives the same token in every field, topic and table of a fabric.
/// </summary>
/// <remarks>Implementations are thread-safe and never log a value.</remarks>
public interface ISubjectTokens
{
    /// <summary>Replaces each value by its token, in place.</summary>
    /// <param name="values">Values as text; empty ones stay empty, tokens of the current key stay as they are.</param>
    ValueTask TokenizeAsync(Memory<string> values, CancellationToken cancellationToken);
}

namespace Fabric.Avro;

/// <summary>
/// Whether data written with one schema can be read with another, by the rules of resolution, before there are data. The
/// questions and their order are those of Avro's Java checker, which Confluent's registry asks.
/// </summary>
public static class SchemaCompatibility
{
    /// <summary>Every reason why <paramref name="reader"/> cannot read what <paramref name="writer"/> writes; empty when it can.</summary>
    public static IReadOnlyList<Incompatibility> Check(Schema reader, Schema writer) => CompatibilityWalk.Check(reader, writer);

    /// <summary>
    /// Checks a candidate for the next version against those registered. Stops at the first version that conflicts.
    /// </summary>
    /// <param name="level">What is asked of the candidate.</param>
    /// <param name="candidate">The new schema.</param>
    /// <param name="registered">The versions so far, oldest first; checked newest first.</param>
    /// <returns>Messages as Confluent's registry lists them; empty when the candidate is compatible.</returns>
    public static IReadOnlyList<string> Check(CompatibilityLevel level, Schema candidate, IReadOnlyList<Schema> registered)
    {
        bool backward = level is CompatibilityLevel.Backward or CompatibilityLevel.BackwardTransitive
            or CompatibilityLevel.Full or CompatibilityLevel.FullTransitive;
        bool forward = level is CompatibilityLevel.Forward or CompatibilityLevel.ForwardTransitive
            or CompatibilityLevel.Full or CompatibilityLevel.FullTransitive;
        bool transitive = level is CompatibilityLevel.BackwardTransitive or CompatibilityLevel.ForwardTransitive
            or CompatibilityLevel.FullTransitive;
        int oldest = transitive ? 0 : registered.Count - 1;
        for (int i = registered.Count - 1; i >= Math.Max(oldest, 0); i--)
        {
            var messages = new List<string>();
            if (backward)
            {
                messages.AddRange(Check(candidate, registered[i]).Select(reason => reason.Describe(readerIsNew: true)));
            }

            if (forward)
            {
                messages.AddRange(Check(registered[i], candidate).Select(reason => reason.Describe(readerIsNew: false)));
            }

            if (messages.Count > 0)
            {
                return messages;
            }
        }

        return [];
    }
}

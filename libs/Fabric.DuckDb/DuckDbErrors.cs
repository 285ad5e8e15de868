namespace Fabric.DuckDb;

/// <summary>From DuckDB's error text, which begins with the kind ("IO Error: …"), to a code.</summary>
internal static class DuckDbErrors
{
    private static readonly (string Kind, string Code, bool IsRetriable)[] Kinds =
    [
        ("Parser Error", DuckDbErrorCodes.Statement, false),
        ("Syntax Error", DuckDbErrorCodes.Statement, false),
        ("Binder Error", DuckDbErrorCodes.Statement, false),
        ("Catalog Error", DuckDbErrorCodes.Statement, false),
        ("Not implemented Error", DuckDbErrorCodes.Statement, false),
        ("Permission Error", DuckDbErrorCodes.Forbidden, false),
        ("IO Error", DuckDbErrorCodes.Io, true),
        ("Out of Memory Error", DuckDbErrorCodes.OutOfMemory, true),
    ];

    /// <summary>
    /// The first paragraph only: what follows ("LINE 1: …") repeats the statement, which the caller has and a log must not.
    /// </summary>
    public static DuckDbException Translate(string error, string where = "")
    {
        int end = error.IndexOf("\n\nLINE ", StringComparison.Ordinal);
        string message = (end < 0 ? error : error[..end]).Trim();
        foreach ((string kind, string code, bool isRetriable) in Kinds)
        {
            if (message.StartsWith(kind, StringComparison.Ordinal))
            {
                return new DuckDbException(code, message, where, isRetriable);
            }
        }

        return new DuckDbException(
            DuckDbErrorCodes.Execution, message.Length == 0 ? "DuckDB failed without a message" : message, where);
    }

    public static bool IsInterrupt(string error) => error.StartsWith("INTERRUPT Error", StringComparison.OrdinalIgnoreCase);
}

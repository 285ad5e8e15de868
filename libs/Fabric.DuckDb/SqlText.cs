namespace Fabric.DuckDb;

/// <summary>Quoting for the few places where SQL takes no parameter: names, file paths, options.</summary>
public static class SqlText
{
    /// <summary><paramref name="name"/> as a quoted identifier.</summary>
    public static string Identifier(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary><paramref name="value"/> as a string literal.</summary>
    /// <exception cref="ArgumentException">It holds U+0000, which would end the statement for a C reader.</exception>
    public static string Literal(string value)
    {
        if (value.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("A SQL literal cannot hold U+0000: pass it as a parameter", nameof(value));
        }

        return $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";
    }

    /// <summary>A list of string literals: <c>['a', 'b']</c>.</summary>
    public static string Literals(IEnumerable<string> values) => $"[{string.Join(", ", values.Select(Literal))}]";
}

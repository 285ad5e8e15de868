using System.Text;

namespace Fabric.Connectors.Payload;

/// <summary>
/// A path into a message, e.g. <c>$.state.force</c>, <c>$.values[0]</c>, <c>$.crew[*].badge</c>: the part of JSONPath (RFC 9535)
/// that names places. Matched against paths as points are named: <c>state.force</c>, <c>values[0]</c>.
/// </summary>
/// <remarks>Immutable, thread-safe.</remarks>
public sealed class PayloadPath
{
    private readonly byte[][] _parts; // between the wildcards

    private PayloadPath(string text, byte[][] parts)
    {
        Text = text;
        _parts = parts;
        int wildcard = text.IndexOf("[*]", StringComparison.Ordinal);
        Element = wildcard < 0 || wildcard + 3 == text.Length ? null : Of(text[..(wildcard + 3)]);
        HasWildcard = wildcard >= 0;
    }

    /// <summary>Up to and with the first <c>[*]</c>: the element of an array that this path lies in; null when it lies in none.</summary>
    public PayloadPath? Element { get; }

    /// <summary>Whether the path names as many places as arrays have elements.</summary>
    public bool HasWildcard { get; }

    /// <summary>The path as points are named, wildcards as <c>[*]</c>.</summary>
    public string Text { get; }

    /// <summary>Parses <c>$.a.b[0]</c>; null when it is not such a path.</summary>
    public static PayloadPath? Parse(string path)
    {
        if (!path.StartsWith('$') || path.Length < 3 || path.Contains('\0'))
        {
            return null;
        }

        int at = 1;
        while (at < path.Length)
        {
            int start = ++at;
            if (path[start - 1] == '.')
            {
                while (at < path.Length && path[at] is not ('.' or '['))
                {
                    at++;
                }

                if (at == start)
                {
                    return null;
                }
            }
            else if (path[start - 1] == '[' && path.IndexOf(']', start) is var close and >= 0
                && (path[start..close] == "*" || uint.TryParse(path[start..close], out _)))
            {
                at = close + 1;
            }
            else
            {
                return null;
            }
        }

        return Of(path[1] == '.' ? path[2..] : path[1..]);
    }

    /// <summary>A column of a CSV line.</summary>
    public static PayloadPath Column(string name) => Of(name);

    /// <summary>Whether a point's path is this one.</summary>
    public bool Matches(ReadOnlySpan<byte> path) => Match(path, out int rest) && rest == path.Length;

    /// <summary>Whether a point's path is this one or lies below it.</summary>
    public bool Covers(ReadOnlySpan<byte> path) =>
        Match(path, out int rest) && (rest == path.Length || path[rest] is (byte)'.' or (byte)'[');

    public override string ToString() => Text;

    private static PayloadPath Of(string text) =>
        new(text, [.. text.Split("[*]").Select(Encoding.UTF8.GetBytes)]);

    private bool Match(ReadOnlySpan<byte> path, out int rest)
    {
        rest = 0;
        for (int i = 0; i < _parts.Length; i++)
        {
            if (i > 0 && !SkipIndex(path, ref rest))
            {
                return false;
            }

            if (!path[rest..].StartsWith(_parts[i]))
            {
                return false;
            }

            rest += _parts[i].Length;
        }

        return true;
    }

    private static bool SkipIndex(ReadOnlySpan<byte> path, ref int rest)
    {
        if (rest >= path.Length || path[rest] != (byte)'[')
        {
            return false;
        }

        int close = path[rest..].IndexOf((byte)']');
        rest += close + 1;
        return close > 0;
    }
}

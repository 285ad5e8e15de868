using System.Text;

namespace Fabric.Devices.Mqtt;

/// <summary>Topic names and filters (MQTT 5.0 §4.7, §4.8.2).</summary>
public static class MqttTopicFilter
{
    private const string SharePrefix = "$share/";

    /// <summary>Whether <paramref name="filter"/> may be subscribed to.</summary>
    public static bool IsValid(string filter)
    {
        string pattern = filter;
        if (IsShared(filter))
        {
            int end = filter.IndexOf('/', SharePrefix.Length);
            if (end <= SharePrefix.Length || filter.AsSpan(0, end).IndexOfAny('+', '#') >= 0)
            {
                return false;
            }

            pattern = filter[(end + 1)..];
        }

        return IsText(filter) && pattern.Length > 0 && WildcardsStandAlone(pattern);
    }

    /// <summary>Whether <paramref name="topic"/> may be published to.</summary>
    public static bool IsValidTopic(string topic) =>
        topic.Length > 0 && IsText(topic) && topic.AsSpan().IndexOfAny('+', '#') < 0;

    /// <summary>Whether the filter is a shared subscription.</summary>
    public static bool IsShared(string filter) => filter.StartsWith(SharePrefix, StringComparison.Ordinal);

    /// <summary>Whether a message on <paramref name="topic"/> falls under <paramref name="filter"/>, which must be valid.</summary>
    public static bool Matches(string filter, string topic)
    {
        ReadOnlySpan<char> pattern = PatternOf(filter);

        // [MQTT-4.7.2-1]: a wildcard at the start does not reach topics of the server's own.
        if (topic.StartsWith('$') && pattern[0] is '+' or '#')
        {
            return false;
        }

        return MatchLevels(pattern, topic);
    }

    /// <summary>
    /// Whether there are topics that fall under both filters, which must be valid: a server may then send a message once for each of
    /// them (§3.3.4).
    /// </summary>
    public static bool Overlap(string one, string other)
    {
        ReadOnlySpan<char> a = PatternOf(one), b = PatternOf(other);
        if ((a[0] == '$' && b[0] is '+' or '#') || (b[0] == '$' && a[0] is '+' or '#'))
        {
            return false;
        }

        while (true)
        {
            int aEnd = a.IndexOf('/'), bEnd = b.IndexOf('/');
            ReadOnlySpan<char> aLevel = aEnd < 0 ? a : a[..aEnd], bLevel = bEnd < 0 ? b : b[..bEnd];
            if (aLevel is "#" || bLevel is "#")
            {
                return true;
            }

            if (aLevel is not "+" && bLevel is not "+" && !aLevel.SequenceEqual(bLevel))
            {
                return false;
            }

            if (aEnd < 0 || bEnd < 0)
            {
                // The end of one meets the end of the other, or a '#', which takes in the level above it.
                return (aEnd < 0 && bEnd < 0) || (aEnd < 0 ? b[(bEnd + 1)..] : a[(aEnd + 1)..]) is "#";
            }

            a = a[(aEnd + 1)..];
            b = b[(bEnd + 1)..];
        }
    }

    private static ReadOnlySpan<char> PatternOf(string filter) =>
        IsShared(filter) ? filter.AsSpan(filter.IndexOf('/', SharePrefix.Length) + 1) : filter;

    private static bool MatchLevels(ReadOnlySpan<char> pattern, ReadOnlySpan<char> topic)
    {
        bool topicEnded = false;
        while (true)
        {
            int patternEnd = pattern.IndexOf('/');
            ReadOnlySpan<char> level = patternEnd < 0 ? pattern : pattern[..patternEnd];
            if (level is "#")
            {
                return true;
            }

            if (topicEnded)
            {
                return false;
            }

            int topicEnd = topic.IndexOf('/');
            ReadOnlySpan<char> name = topicEnd < 0 ? topic : topic[..topicEnd];
            if (level is not "+" && !level.SequenceEqual(name))
            {
                return false;
            }

            if (patternEnd < 0)
            {
                return topicEnd < 0;
            }

            pattern = pattern[(patternEnd + 1)..];
            topicEnded = topicEnd < 0;
            topic = topicEnded ? default : topic[(topicEnd + 1)..];
        }
    }

    private static bool IsText(string text) =>
        !text.Contains('\0') && Encoding.UTF8.GetByteCount(text) <= ushort.MaxValue && !HasLoneSurrogate(text);

    private static bool HasLoneSurrogate(string text)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar && !text.Contains('\uFFFD'))
            {
                return true;
            }
        }

        return false;
    }

    private static bool WildcardsStandAlone(ReadOnlySpan<char> pattern)
    {
        foreach (Range range in pattern.Split('/'))
        {
            ReadOnlySpan<char> level = pattern[range];
            bool isLast = range.End.GetOffset(pattern.Length) == pattern.Length;
            if (level.Contains('#') && !(level is "#" && isLast))
            {
                return false;
            }

            if (level.Contains('+') && level is not "+")
            {
                return false;
            }
        }

        return true;
    }
}

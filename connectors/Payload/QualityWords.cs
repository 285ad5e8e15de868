using System.Collections.Frozen;
using System.Globalization;
using Fabric.Schemas;

namespace Fabric.Connectors.Payload;

/// <summary>
/// Qualities as gateways write them: words, booleans, and numbers. A number up to 255 is an OPC classic quality, whose two upper
/// bits say bad (0), uncertain (64) or good (192); a larger one is an OPC UA status code, whose two upper bits say good, uncertain
/// or bad. Words of a source's own are declared (<see cref="With"/>) and win.
/// </summary>
/// <remarks>Immutable, thread-safe.</remarks>
public sealed class QualityWords
{
    /// <summary>What is understood without being declared.</summary>
    public static readonly QualityWords Usual = new(Words(
        (Quality.Good, ["good", "ok", "true", "valid", "normal"]),
        (Quality.Uncertain, ["uncertain", "suspect", "questionable", "stale", "old"]),
        (Quality.Bad, ["bad", "false", "invalid", "error", "fail", "failed", "fault"])));

    private readonly FrozenDictionary<string, Quality> _words;

    private QualityWords(FrozenDictionary<string, Quality> words) => _words = words;

    /// <summary>The same with further words or codes, compared without regard to case.</summary>
    public QualityWords With(IEnumerable<string> good, IEnumerable<string> uncertain, IEnumerable<string> bad)
    {
        var words = new Dictionary<string, Quality>(_words, StringComparer.OrdinalIgnoreCase);
        foreach ((Quality quality, IEnumerable<string> added) in
            new[] { (Quality.Good, good), (Quality.Uncertain, uncertain), (Quality.Bad, bad) })
        {
            foreach (string word in added)
            {
                words[word] = quality;
            }
        }

        return new QualityWords(words.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>The quality a text stands for; UNCERTAIN when nobody knows the word.</summary>
    /// <param name="status">The text as it came, unless the quality is GOOD: the protocol's own code.</param>
    public Quality Of(string text, out string? status)
    {
        if (!_words.TryGetValue(text, out Quality quality))
        {
            quality = OfNumber(text);
        }

        status = quality == Quality.Good ? null : text;
        return quality;
    }

    private static Quality OfNumber(string text)
    {
        bool isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (!uint.TryParse(
            isHex ? text.AsSpan(2) : text, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
            CultureInfo.InvariantCulture, out uint code))
        {
            return Quality.Uncertain;
        }

        // 0x00000000 is written with all its digits only as an OPC UA code.
        bool isUa = code > byte.MaxValue || text.Length == 10;
        return (isUa ? code >> 30 : code >> 6) switch
        {
            0 => isUa ? Quality.Good : Quality.Bad,
            1 => Quality.Uncertain,
            2 => isUa ? Quality.Bad : Quality.Uncertain,
            _ => isUa ? Quality.Bad : Quality.Good,
        };
    }

    private static FrozenDictionary<string, Quality> Words(params (Quality Quality, string[] Words)[] lists) =>
        lists.SelectMany(list => list.Words.Select(word => KeyValuePair.Create(word, list.Quality)))
            .ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
}

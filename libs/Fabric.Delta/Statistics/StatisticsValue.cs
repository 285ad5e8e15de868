using System.Globalization;
using System.Text;
using System.Text.Json;
using Fabric.Delta.Actions;
using Fabric.Delta.Schema;

namespace Fabric.Delta.Statistics;

/// <summary>One bound as a JSON value, cut where Delta cuts it.</summary>
internal static class StatisticsValue
{
    /// <summary>Characters of a text that are kept; a maximum may take up to twice as many.</summary>
    private const int PrefixCharacters = 32;

    private const string TieBreakerAscii = "\u007f";
    private const string TieBreaker = "\U0010FFFF";

    /// <param name="value">As <see cref="Fabric.DuckDb.ParquetColumnStatistics.Min"/> gives it.</param>
    /// <returns>JSON text; null when the type has no range or the bound cannot be written.</returns>
    public static string? Write(DataType type, object value, bool isMaximum) => (type, value) switch
    {
        (PrimitiveType { Name: "byte" or "short" or "integer" or "long" }, long number) =>
            number.ToString(CultureInfo.InvariantCulture),
        (PrimitiveType { Name: "float" }, double number) when double.IsFinite(number) =>
            ((float)number).ToString("R", CultureInfo.InvariantCulture),
        (PrimitiveType { Name: "double" }, double number) when double.IsFinite(number) =>
            number.ToString("R", CultureInfo.InvariantCulture),
        (PrimitiveType { Name: "float" or "double" }, double number) => $"\"{(number > 0 ? "Infinity" : "-Infinity")}\"",
        (PrimitiveType { Name: "string" }, string text) => Text(text, isMaximum),
        (PrimitiveType { Name: "date" }, long days) => Date(days),
        (PrimitiveType { Name: "timestamp" }, long micros) => Timestamp(micros),
        (DecimalType number, Int128 unscaled) => Decimal(unscaled, number.Scale),
        (DecimalType number, long unscaled) => Decimal(unscaled, number.Scale),
        _ => null,
    };

    private static string? Text(string text, bool isMaximum)
    {
        string? kept = isMaximum ? Maximum(text) : Prefix(text, PrefixCharacters);
        return kept is null ? null : JsonSerializer.Serialize(kept, ActionJson.SerializerOptions);
    }

    /// <summary>
    /// The prefix and a character that sorts after whatever was cut off, in the order of UTF-8 bytes. Where the first character cut
    /// off sorts after the tie-breaker itself, the prefix grows; past twice its length there is no bound.
    /// </summary>
    private static string? Maximum(string text)
    {
        string prefix = Prefix(text, PrefixCharacters);
        while (prefix.Length < text.Length)
        {
            Rune next = Rune.GetRuneAt(text, prefix.Length);
            if (next.Value < TieBreakerAscii[0])
            {
                return prefix + TieBreakerAscii;
            }

            if (next.Value < 0x10FFFF)
            {
                return prefix + TieBreaker;
            }

            if (prefix.Length >= 2 * PrefixCharacters)
            {
                return null;
            }

            prefix = text[..(prefix.Length + next.Utf16SequenceLength)];
        }

        return prefix;
    }

    /// <summary>Never half of a surrogate pair.</summary>
    private static string Prefix(string text, int characters)
    {
        if (text.Length <= characters)
        {
            return text;
        }

        return char.IsHighSurrogate(text[characters - 1]) ? text[..(characters - 1)] : text[..characters];
    }

    private static string? Date(long days) =>
        days is >= -719_162 and <= 2_932_896 // 0001-01-01 to 9999-12-31
            ? $"\"{DateOnly.FromDayNumber((int)(days + 719_162)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}\""
            : null;

    /// <summary>Rounded down to milliseconds for both ends: a reader that prunes on a maximum adds one (protocol).</summary>
    private static string? Timestamp(long micros)
    {
        long milliseconds = Math.DivRem(micros, 1000, out long rest) - (rest < 0 ? 1 : 0);
        const long min = -62_135_596_800_000;
        const long max = 253_402_300_799_999;
        return milliseconds is >= min and <= max
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
                .ToString("'\"'yyyy-MM-dd'T'HH:mm:ss.fff'Z\"'", CultureInfo.InvariantCulture)
            : null;
    }

    private static string Decimal(Int128 unscaled, int scale)
    {
        string digits = unscaled.ToString(CultureInfo.InvariantCulture).TrimStart('-').PadLeft(scale + 1, '0');
        string sign = Int128.IsNegative(unscaled) ? "-" : "";
        return scale == 0 ? sign + digits : $"{sign}{digits[..^scale]}.{digits[^scale..]}";
    }
}

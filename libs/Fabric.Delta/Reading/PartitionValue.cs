using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;
using Fabric.Delta.Schema;
using Fabric.DuckDb;

namespace Fabric.Delta.Reading;

/// <summary>
/// Partition values as the log writes them (protocol, "Partition Value Serialization"). Null and the empty text are both null.
/// A timestamp without a zone is read as UTC: the log does not say in which zone its writer lived (delta-kernel reads it so).
/// </summary>
public static partial class PartitionValue
{
    private const long MicrosPerSecond = 1_000_000;

    /// <summary>A typed value to the log's text; null to null.</summary>
    /// <param name="value">
    /// string; long for all integers; double for float and double; bool; <see cref="DateOnly"/>; <see cref="DateTimeOffset"/> (whole
    /// microseconds); decimal; byte[] holding UTF-8 text.
    /// </param>
    /// <exception cref="ArgumentException">The value does not belong to the type, or cannot be told from null (an empty text).</exception>
    public static string? Format(DataType type, object? value)
    {
        string? text = (type, value) switch
        {
            (_, null) => null,
            (DecimalType, decimal number) => number.ToString(CultureInfo.InvariantCulture),
            (PrimitiveType { Name: "string" }, string s) => s,
            (PrimitiveType { Name: "byte" or "short" or "integer" or "long" }, long number) =>
                number.ToString(CultureInfo.InvariantCulture),
            (PrimitiveType { Name: "float" }, double number) => ((float)number).ToString("R", CultureInfo.InvariantCulture),
            (PrimitiveType { Name: "double" }, double number) => number.ToString("R", CultureInfo.InvariantCulture),
            (PrimitiveType { Name: "boolean" }, bool flag) => flag ? "true" : "false",
            (PrimitiveType { Name: "date" }, DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            (PrimitiveType { Name: "timestamp" }, DateTimeOffset moment) =>
                moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
            (PrimitiveType { Name: "binary" }, byte[] bytes) => Encoding.UTF8.GetString(bytes),
            _ => throw new ArgumentException($"A value of {value.GetType().Name} is no {type.Name}", nameof(value)),
        };
        return text is "" ? throw new ArgumentException("An empty text in a partition column reads back as null", nameof(value)) : text;
    }

    /// <summary>The value as an SQL literal of its type.</summary>
    /// <param name="where">Column and table, for the error.</param>
    /// <exception cref="DeltaException"><see cref="DeltaCode.PartitionValueInvalid"/>.</exception>
    internal static string ToSql(DataType type, string? text, string where)
    {
        string sqlType = SqlTypes.Of(type);
        if (string.IsNullOrEmpty(text))
        {
            return $"CAST(NULL AS {sqlType})";
        }

        string? literal = type switch
        {
            DecimalType scaled => Decimal(scaled, text),
            PrimitiveType primitive => Primitive(primitive, text),
            _ => null,
        };
        return literal is null
            ? throw new DeltaException(DeltaCode.PartitionValueInvalid, $"A partition value is no {type.Name}", where)
            : $"CAST({literal} AS {sqlType})";
    }

    private static string? Primitive(PrimitiveType type, string text) => type.Name switch
    {
        "string" => text.Contains('\0', StringComparison.Ordinal)
            ? $"decode(unhex('{Convert.ToHexString(Encoding.UTF8.GetBytes(text))}'))" // SQL text cannot hold U+0000
            : SqlText.Literal(text),
        "byte" => Whole(text, sbyte.MinValue, sbyte.MaxValue),
        "short" => Whole(text, short.MinValue, short.MaxValue),
        "integer" => Whole(text, int.MinValue, int.MaxValue),
        "long" => Whole(text, long.MinValue, long.MaxValue),
        "float" or "double" => Real(text),
        "boolean" => text.ToLowerInvariant() is "true" or "false" ? text.ToLowerInvariant() : null,
        "date" => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
            ? $"'{text}'"
            : null,
        "timestamp" => Moment(text),
        "binary" => $"unhex('{Convert.ToHexString(Encoding.UTF8.GetBytes(text))}')",
        "void" => null,
        _ => null,
    };

    private static string? Whole(string text, long min, long max) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            && number >= min && number <= max
            ? $"'{number.ToString(CultureInfo.InvariantCulture)}'"
            : null;

    private static string? Real(string text) => text switch
    {
        "NaN" or "Infinity" or "-Infinity" => $"'{text}'",
        "+Infinity" => "'Infinity'",
        _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            ? $"'{text}'"
            : null,
    };

    private static string? Decimal(DecimalType type, string text)
    {
        Match match = DecimalPattern().Match(text);
        if (!match.Success)
        {
            return null;
        }

        // Spark writes what BigDecimal.toString gives, also 1E-10.
        string digits = match.Groups[2].Value + match.Groups[3].Value;
        if (!int.TryParse(match.Groups[4].Success ? match.Groups[4].ValueSpan : "0", CultureInfo.InvariantCulture, out int exponent)
            || Math.Abs(exponent) > 100)
        {
            return null;
        }

        int shift = type.Scale + exponent - match.Groups[3].Length;
        BigInteger unscaled = BigInteger.Parse(digits.Length == 0 ? "0" : digits, NumberStyles.None, CultureInfo.InvariantCulture);
        if (shift >= 0)
        {
            unscaled *= BigInteger.Pow(10, shift);
        }
        else
        {
            unscaled = BigInteger.DivRem(unscaled, BigInteger.Pow(10, -shift), out BigInteger rest);
            if (!rest.IsZero)
            {
                return null;
            }
        }

        string all = unscaled.ToString(CultureInfo.InvariantCulture).PadLeft(type.Scale + 1, '0');
        if (all.TrimStart('0').Length > type.Precision)
        {
            return null;
        }

        string sign = match.Groups[1].Value == "-" ? "-" : "";
        return type.Scale == 0 ? $"'{sign}{all}'" : $"'{sign}{all[..^type.Scale]}.{all[^type.Scale..]}'";
    }

    private static string? Moment(string text)
    {
        Match match = MomentPattern().Match(text);
        if (!match.Success || !DateTime.TryParseExact(
            $"{match.Groups[1].Value} {match.Groups[2].Value}", "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime second))
        {
            return null;
        }

        string fraction = match.Groups[3].Success ? match.Groups[3].Value : "";
        long micros = ((second - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerSecond * MicrosPerSecond)
            + (fraction.Length == 0 ? 0 : long.Parse(fraction.PadRight(6, '0'), CultureInfo.InvariantCulture))
            - Offset(match.Groups[4].Value);
        return $"make_timestamptz({micros.ToString(CultureInfo.InvariantCulture)})";
    }

    private static long Offset(string zone)
    {
        if (zone.Length < 6)
        {
            return 0; // none, or Z
        }

        long minutes = (int.Parse(zone.AsSpan(1, 2), CultureInfo.InvariantCulture) * 60)
            + int.Parse(zone.AsSpan(4, 2), CultureInfo.InvariantCulture);
        return (zone[0] == '-' ? -minutes : minutes) * 60 * MicrosPerSecond;
    }

    [GeneratedRegex(@"^([+-]?)([0-9]{0,100})\.?([0-9]{0,100})(?:[eE]([+-]?[0-9]{1,4}))?$", RegexOptions.CultureInvariant)]
    private static partial Regex DecimalPattern();

    [GeneratedRegex(
        @"^([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,6}))?(Z|[+-][0-9]{2}:[0-9]{2})?$",
        RegexOptions.CultureInvariant)]
    private static partial Regex MomentPattern();
}

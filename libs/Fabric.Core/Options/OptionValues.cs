using System.Globalization;

namespace Fabric.Core.Options;

/// <summary>From the text of a node to a value; a mistake is reported and gives null.</summary>
public static class OptionValues
{
    private static readonly (string Suffix, long Ticks)[] DurationUnits =
    [
        ("ms", TimeSpan.TicksPerMillisecond), ("s", TimeSpan.TicksPerSecond), ("m", TimeSpan.TicksPerMinute),
        ("h", TimeSpan.TicksPerHour), ("d", TimeSpan.TicksPerDay),
    ];

    private static readonly (string Suffix, long Bytes)[] SizeUnits =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40),
        ("kB", 1000L), ("KB", 1000L), ("MB", 1_000_000L), ("GB", 1_000_000_000L), ("TB", 1_000_000_000_000L), ("B", 1L),
    ];

    /// <summary>The text with every <c>${env:NAME}</c> and <c>${file:path}</c> resolved.</summary>
    public static string? Text(OptionDocument document, OptionNode node)
    {
        if (node.Kind != OptionKind.Scalar || node.Text is null)
        {
            document.Report(node, $"expected a text, found {node.Description}");
            return null;
        }

        return node.Text.Contains("${", StringComparison.Ordinal) ? Placeholders.Resolve(document, node) : node.Text;
    }

    /// <summary>A secret: one placeholder and nothing else, so that no secret stands in a file that is shared.</summary>
    public static Secret? Secret(OptionDocument document, OptionNode node)
    {
        if (node.Kind != OptionKind.Scalar || node.Text is null || !Placeholders.IsSingle(node.Text))
        {
            document.Report(node, "a secret is written as ${env:NAME} or ${file:path}, never as its value");
            return null;
        }

        return Placeholders.Resolve(document, node) is { } value ? new Secret(value, node.Text) : null;
    }

    public static bool? Boolean(OptionDocument document, OptionNode node) => Text(document, node) switch
    {
        "true" => true,
        "false" => false,
        null => null,
        _ => Refuse<bool>(document, node, "true or false"),
    };

    public static long? Integer(OptionDocument document, OptionNode node, long minimum, long maximum)
    {
        if (Text(document, node) is not { } text)
        {
            return null;
        }

        return long.TryParse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture, out long value) && value >= minimum && value <= maximum
            ? value
            : Refuse<long>(document, node, $"a whole number from {minimum} to {maximum}");
    }

    public static double? Number(OptionDocument document, OptionNode node, double minimum, double maximum)
    {
        if (Text(document, node) is not { } text)
        {
            return null;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            && value >= minimum && value <= maximum
            ? value
            : Refuse<double>(document, node, string.Create(
                CultureInfo.InvariantCulture, $"a number from {minimum} to {maximum}"));
    }

    public static TimeSpan? Duration(OptionDocument document, OptionNode node, TimeSpan minimum, TimeSpan maximum)
    {
        if (Text(document, node) is not { } text)
        {
            return null;
        }

        return TryScale(text, DurationUnits, out long ticks) && ticks >= minimum.Ticks && ticks <= maximum.Ticks
            ? TimeSpan.FromTicks(ticks)
            : Refuse<TimeSpan>(
                document, node, $"a duration from {Format(minimum)} to {Format(maximum)}, such as 500ms, 30s, 5m, 1h or 7d");
    }

    public static long? ByteSize(OptionDocument document, OptionNode node, long minimum, long maximum)
    {
        if (Text(document, node) is not { } text)
        {
            return null;
        }

        return TryScale(text, SizeUnits, out long bytes) && bytes >= minimum && bytes <= maximum
            ? bytes
            : Refuse<long>(document, node, $"a size from {minimum}B to {maximum}B, such as 64KiB, 128MiB or 1GiB");
    }

    public static bool Choice<T>(
        OptionDocument document, OptionNode node, (string Word, T Value)[] choices, out T value)
    {
        value = default!;
        if (Text(document, node) is not { } text)
        {
            return false;
        }

        foreach ((string word, T choice) in choices)
        {
            if (word == text)
            {
                value = choice;
                return true;
            }
        }

        document.Report(node, Suggestion.ForUnknown("value", node.Text!, [.. choices.Select(choice => choice.Word)]));
        return false;
    }

    public static IReadOnlyList<string> Texts(OptionDocument document, OptionNode node)
    {
        IEnumerable<OptionNode> items = node.Kind == OptionKind.List ? node.Items : [node];
        return [.. items.Select(item => Text(document, item)).OfType<string>()];
    }

    /// <summary>The shortest way to write a duration that <see cref="Duration"/> reads back.</summary>
    public static string Format(TimeSpan duration)
    {
        for (int i = DurationUnits.Length - 1; i > 0; i--)
        {
            if (duration.Ticks != 0 && duration.Ticks % DurationUnits[i].Ticks == 0)
            {
                return string.Create(
                    CultureInfo.InvariantCulture, $"{duration.Ticks / DurationUnits[i].Ticks}{DurationUnits[i].Suffix}");
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds}ms");
    }

    private static T? Refuse<T>(OptionDocument document, OptionNode node, string expected)
        where T : struct
    {
        document.Report(node, $"expected {expected}, found {node.Description}");
        return null;
    }

    private static bool TryScale(string text, (string Suffix, long Factor)[] units, out long value)
    {
        value = 0;
        int digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits <= 0 || !long.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out long n))
        {
            return false;
        }

        foreach ((string suffix, long factor) in units)
        {
            if (text.AsSpan(digits).Trim().SequenceEqual(suffix))
            {
                Int128 product = (Int128)n * factor;
                value = product > long.MaxValue ? long.MaxValue : (long)product;
                return true;
            }
        }

        return false;
    }
}

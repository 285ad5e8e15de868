using System.Globalization;

namespace Fabric.Connectors.Payload;

/// <summary>Times in the usual forms, as microseconds since 1970-01-01T00:00:00Z; finer digits are cut. Pure.</summary>
internal static class PayloadTime
{
    private const long MicrosPerSecond = 1_000_000;
    private const long MicrosMin = -62_135_596_800_000_000; // 0001-01-01
    private const long MicrosMax = 253_402_300_799_999_999; // 9999-12-31

    /// <summary>A number of units, with or without a fraction.</summary>
    public static bool TryNumber(ReadOnlySpan<char> text, TimeUnit unit, out long micros)
    {
        micros = 0;
        return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal value)
            && TryScale(value, unit, out micros);
    }

    /// <summary>ISO 8601 with <c>T</c> or a blank, any offset; without an offset in the given zone.</summary>
    public static bool TryText(ReadOnlySpan<char> text, TimeZoneInfo zone, out long micros)
    {
        micros = 0;
        const DateTimeStyles styles = DateTimeStyles.AllowWhiteSpaces | DateTimeStyles.RoundtripKind;
        Span<char> buffer = stackalloc char[64];
        ReadOnlySpan<char> cut = CutFraction(text, buffer);
        if (!char.IsAsciiDigit(cut.IsEmpty ? ' ' : cut[0])
            || !DateTime.TryParse(cut, CultureInfo.InvariantCulture, styles, out DateTime parsed))
        {
            return false;
        }

        DateTime utc = parsed.Kind switch
        {
            DateTimeKind.Utc => parsed,
            DateTimeKind.Local => parsed.ToUniversalTime(),
            _ when zone.IsInvalidTime(parsed) => DateTime.SpecifyKind(parsed - zone.BaseUtcOffset, DateTimeKind.Utc),
            _ => TimeZoneInfo.ConvertTimeToUtc(parsed, zone),
        };
        micros = (utc.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
        return true;
    }

    private static bool TryScale(decimal value, TimeUnit unit, out long micros)
    {
        micros = 0;
        try
        {
            decimal scaled = unit switch
            {
                TimeUnit.Seconds => value * MicrosPerSecond,
                TimeUnit.Milliseconds => value * 1000,
                TimeUnit.Microseconds => value,
                _ => value / 1000,
            };
            scaled = decimal.Floor(scaled);
            if (scaled is < MicrosMin or > MicrosMax)
            {
                return false;
            }

            micros = (long)scaled;
            return true;
        }
        catch (OverflowException)
        {
            return false;
        }
    }

    /// <summary>.NET reads seven digits of a fraction; devices send nine.</summary>
    private static ReadOnlySpan<char> CutFraction(ReadOnlySpan<char> text, Span<char> buffer)
    {
        const int digitsMax = 7;
        int point = text.LastIndexOf('.');
        if (point < 0 || text.Length > buffer.Length)
        {
            return text;
        }

        int digits = text[(point + 1)..].IndexOfAnyExceptInRange('0', '9');
        digits = digits < 0 ? text.Length - point - 1 : digits;
        if (digits <= digitsMax)
        {
            return text;
        }

        text[..(point + 1 + digitsMax)].CopyTo(buffer);
        ReadOnlySpan<char> tail = text[(point + 1 + digits)..];
        tail.CopyTo(buffer[(point + 1 + digitsMax)..]);
        return buffer[..(point + 1 + digitsMax + tail.Length)];
    }
}

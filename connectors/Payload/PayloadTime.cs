using System.Buffers.Text;
using System.Globalization;

namespace Fabric.Connectors.Payload;

/// <summary>
/// Times in the usual forms, as microseconds since 1970-01-01T00:00:00Z; finer digits are cut towards the past. Pure; allocates
/// nothing.
/// </summary>
internal static class PayloadTime
{
    private const long MicrosPerSecond = 1_000_000;
    private const long MicrosPerMinute = 60 * MicrosPerSecond;
    private const long MicrosMin = -62_135_596_800_000_000; // 0001-01-01
    private const long MicrosMax = 253_402_300_799_999_999; // 9999-12-31

    /// <summary>A number of units, with or without a fraction or an exponent.</summary>
    public static bool TryNumber(ReadOnlySpan<byte> text, TimeUnit unit, out long micros)
    {
        if (Utf8Parser.TryParse(text, out long whole, out int used) && used == text.Length)
        {
            return TryScale(whole, unit, out micros);
        }

        micros = 0;
        return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal value)
            && TryScale(value, unit, out micros);
    }

    /// <summary>
    /// ISO 8601, extended or basic: <c>2026-03-09T10:14:33.123456789+01:00</c>, <c>20260309T101433Z</c>; a blank may stand for
    /// <c>T</c>, a comma for the point, seconds and offset may be missing, and the time of day too in the extended form. Without an
    /// offset it is local time of <paramref name="zone"/>; in the hour that a change of clocks repeats, standard time, and in the
    /// hour it leaves out, as if the clocks had not changed.
    /// </summary>
    public static bool TryText(ReadOnlySpan<byte> text, TimeZoneInfo zone, out long micros)
    {
        micros = 0;
        var scan = new Scanner(text);
        if (!scan.TryDate(out int year, out int month, out int day, out bool isExtended))
        {
            return false;
        }

        long time = 0;
        int? offsetMinutes = null;
        if (!scan.IsAtEnd)
        {
            if (!scan.TrySkip((byte)'T', (byte)' ') || !scan.TryTime(isExtended, out time) || !scan.TryOffset(out offsetMinutes)
                || !scan.IsAtEnd)
            {
                return false;
            }
        }
        else if (!isExtended)
        {
            return false; // eight digits are a number
        }

        long date = (new DateTime(year, month, day).Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
        micros = date + time - (offsetMinutes is { } offset ? offset * MicrosPerMinute : OffsetOf(date + time, zone));
        return micros is >= MicrosMin and <= MicrosMax;
    }

    private static long OffsetOf(long localMicros, TimeZoneInfo zone)
    {
        if (zone == TimeZoneInfo.Utc)
        {
            return 0;
        }

        DateTime local = DateTime.UnixEpoch.AddTicks(localMicros * TimeSpan.TicksPerMicrosecond);
        local = DateTime.SpecifyKind(local, DateTimeKind.Unspecified);
        return zone.GetUtcOffset(local).Ticks / TimeSpan.TicksPerMicrosecond;
    }

    private static bool TryScale(long value, TimeUnit unit, out long micros)
    {
        micros = 0;
        if (unit == TimeUnit.Nanoseconds)
        {
            micros = value >= 0 ? value / 1000 : (value - 999) / 1000;
            return micros is >= MicrosMin and <= MicrosMax;
        }

        long factor = unit switch { TimeUnit.Seconds => MicrosPerSecond, TimeUnit.Milliseconds => 1000, _ => 1 };
        if (value < MicrosMin / factor || value > MicrosMax / factor)
        {
            return false;
        }

        micros = value * factor;
        return true;
    }

    private static bool TryScale(decimal value, TimeUnit unit, out long micros)
    {
        micros = 0;
        decimal limit = unit == TimeUnit.Nanoseconds ? MicrosMax * 1000m : MicrosMax;
        if (decimal.Abs(value) > limit)
        {
            return false;
        }

        decimal scaled = decimal.Floor(unit switch
        {
            TimeUnit.Seconds => value * MicrosPerSecond,
            TimeUnit.Milliseconds => value * 1000,
            TimeUnit.Microseconds => value,
            _ => value / 1000,
        });
        if (scaled is < MicrosMin or > MicrosMax)
        {
            return false;
        }

        micros = (long)scaled;
        return true;
    }

    /// <summary>Reads digits and signs from the front.</summary>
    private ref struct Scanner(ReadOnlySpan<byte> text)
    {
        private ReadOnlySpan<byte> _rest = text;

        public readonly bool IsAtEnd => _rest.IsEmpty;

        public bool TryDate(out int year, out int month, out int day, out bool isExtended)
        {
            month = day = 0;
            isExtended = false;
            if (!TryDigits(4, out year))
            {
                return false;
            }

            isExtended = TrySkip((byte)'-');
            return TryDigits(2, out month)
                && (!isExtended || TrySkip((byte)'-'))
                && TryDigits(2, out day)
                && year >= 1 && month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month);
        }

        /// <summary>Microseconds of the day; a leap second (60) is the next second.</summary>
        public bool TryTime(bool isExtended, out long micros)
        {
            micros = 0;
            if (!TryDigits(2, out int hour) || (isExtended && !TrySkip((byte)':')) || !TryDigits(2, out int minute)
                || hour > 23 || minute > 59)
            {
                return false;
            }

            int second = 0;
            long fraction = 0;
            bool hasSeconds = isExtended ? TrySkip((byte)':') : !IsAtEnd && char.IsAsciiDigit((char)_rest[0]);
            if (hasSeconds && (!TryDigits(2, out second) || second > 60 || !TryFraction(out fraction)))
            {
                return false;
            }

            micros = ((((hour * 60L) + minute) * 60) + second) * MicrosPerSecond + fraction;
            return true;
        }

        /// <summary>Null at the end: no offset is given.</summary>
        public bool TryOffset(out int? minutes)
        {
            minutes = null;
            if (IsAtEnd)
            {
                return true;
            }

            if (TrySkip((byte)'Z', (byte)'z'))
            {
                minutes = 0;
                return true;
            }

            bool isWest = _rest[0] == (byte)'-';
            if (!TrySkip((byte)'+', (byte)'-') || !TryDigits(2, out int hours))
            {
                return false;
            }

            int extra = 0;
            bool hasColon = TrySkip((byte)':');
            if ((hasColon || !IsAtEnd) && !TryDigits(2, out extra))
            {
                return false;
            }

            minutes = (isWest ? -1 : 1) * ((hours * 60) + extra);
            return hours <= 18 && extra <= 59;
        }

        public bool TrySkip(byte one, byte other = 0)
        {
            if (IsAtEnd || (_rest[0] != one && (other == 0 || _rest[0] != other)))
            {
                return false;
            }

            _rest = _rest[1..];
            return true;
        }

        private bool TryFraction(out long micros)
        {
            micros = 0;
            if (!TrySkip((byte)'.', (byte)','))
            {
                return true;
            }

            int digits = 0;
            while (!IsAtEnd && char.IsAsciiDigit((char)_rest[0]))
            {
                micros = digits < 6 ? (micros * 10) + (_rest[0] - '0') : micros;
                digits++;
                _rest = _rest[1..];
            }

            for (int missing = digits; missing < 6; missing++)
            {
                micros *= 10;
            }

            return digits > 0;
        }

        private bool TryDigits(int count, out int value)
        {
            value = 0;
            if (_rest.Length < count)
            {
                return false;
            }

            for (int i = 0; i < count; i++)
            {
                if (!char.IsAsciiDigit((char)_rest[i]))
                {
                    return false;
                }

                value = (value * 10) + (_rest[i] - '0');
            }

            _rest = _rest[count..];
            return true;
        }
    }
}

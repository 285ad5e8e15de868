using System.Globalization;

namespace Fabric.DuckDb;

/// <summary>What one step of a timestamp is.</summary>
public enum TimestampUnit
{
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

/// <summary>A timestamp as stored: steps of <paramref name="Unit"/> since 1970-01-01, exact, with two infinities.</summary>
/// <param name="Value">Steps since the epoch; <see cref="long.MaxValue"/> and its negative are the infinities.</param>
/// <param name="Unit">The size of a step.</param>
/// <param name="IsUtc">TIMESTAMP WITH TIME ZONE: an instant; otherwise a local time without a zone.</param>
public readonly record struct DuckDbTimestamp(long Value, TimestampUnit Unit, bool IsUtc)
{
    private const long TicksPerMicro = 10;
    private const long NanosPerTick = 100;

    public bool IsPositiveInfinity => Value == long.MaxValue;

    public bool IsNegativeInfinity => Value == -long.MaxValue;

    /// <summary>Microseconds since the epoch; nanoseconds are rounded down, what is out of range is saturated.</summary>
    public long Micros => Unit switch
    {
        _ when IsPositiveInfinity || IsNegativeInfinity => Value,
        TimestampUnit.Seconds => Saturate((Int128)Value * 1_000_000),
        TimestampUnit.Milliseconds => Saturate((Int128)Value * 1_000),
        TimestampUnit.Nanoseconds => (long)Math.Floor((decimal)Value / 1_000),
        _ => Value,
    };

    /// <summary>An instant in microseconds, rounded down.</summary>
    public static DuckDbTimestamp FromDateTimeOffset(DateTimeOffset value)
    {
        long ticks = value.UtcTicks - DateTime.UnixEpoch.Ticks;
        long micros = Math.DivRem(ticks, TicksPerMicro, out long rest);
        return new DuckDbTimestamp(rest < 0 ? micros - 1 : micros, TimestampUnit.Microseconds, IsUtc: true);
    }

    /// <summary>Whether the timestamp lies in .NET's years 1 to 9999; nanoseconds below 100 are cut off.</summary>
    public bool TryToDateTimeOffset(out DateTimeOffset value)
    {
        Int128 ticks = DateTime.UnixEpoch.Ticks + (Unit switch
        {
            TimestampUnit.Seconds => (Int128)Value * TimeSpan.TicksPerSecond,
            TimestampUnit.Milliseconds => (Int128)Value * TimeSpan.TicksPerMillisecond,
            TimestampUnit.Nanoseconds => (long)Math.Floor((decimal)Value / NanosPerTick),
            _ => (Int128)Value * TicksPerMicro,
        });
        bool fits = ticks >= DateTime.MinValue.Ticks && ticks <= DateTime.MaxValue.Ticks;
        value = fits ? new DateTimeOffset((long)ticks, TimeSpan.Zero) : default;
        return fits;
    }

    /// <summary>ISO 8601 with the digits of the unit (<c>Z</c> for instants), else <c>infinity</c> or steps since the epoch.</summary>
    public override string ToString()
    {
        if (IsPositiveInfinity || IsNegativeInfinity)
        {
            return IsPositiveInfinity ? "infinity" : "-infinity";
        }

        if (!TryToDateTimeOffset(out DateTimeOffset value))
        {
            return $"epoch{Value.ToString("+0;-0", CultureInfo.InvariantCulture)}{UnitSymbol()}{(IsUtc ? "Z" : "")}";
        }

        string text = value.ToString(Format(), CultureInfo.InvariantCulture);
        if (Unit == TimestampUnit.Nanoseconds)
        {
            text += (((Value % NanosPerTick) + NanosPerTick) % NanosPerTick).ToString("00", CultureInfo.InvariantCulture);
        }

        return IsUtc ? text + "Z" : text;
    }

    private static long Saturate(Int128 micros) =>
        micros > long.MaxValue ? long.MaxValue : micros < -long.MaxValue ? -long.MaxValue : (long)micros;

    private string Format() => Unit switch
    {
        TimestampUnit.Seconds => "yyyy-MM-ddTHH:mm:ss",
        TimestampUnit.Milliseconds => "yyyy-MM-ddTHH:mm:ss.fff",
        TimestampUnit.Nanoseconds => "yyyy-MM-ddTHH:mm:ss.fffffff",
        _ => "yyyy-MM-ddTHH:mm:ss.ffffff",
    };

    private string UnitSymbol() => Unit switch
    {
        TimestampUnit.Seconds => "s",
        TimestampUnit.Milliseconds => "ms",
        TimestampUnit.Nanoseconds => "ns",
        _ => "us",
    };
}

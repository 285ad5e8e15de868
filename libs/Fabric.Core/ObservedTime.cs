namespace Fabric.Core;

/// <summary>
/// What day a value belongs to, and whether its device's clock can be believed (DESIGN §4). All times are microseconds since
/// 1970-01-01T00:00:00Z. Pure.
/// </summary>
public static class ObservedTime
{
    private const long MicrosPerDay = 86_400_000_000;
    private const long AheadMax = MicrosPerDay;
    private const long BehindMax = 400 * MicrosPerDay;
    private const int FirstDay = -719_162; // 0001-01-01
    private const int LastDay = 2_932_896; // 9999-12-31

    /// <summary>More than one day ahead of, or more than 400 days behind the time it was received.</summary>
    public static bool IsSuspect(long observedMicros, long receivedMicros)
    {
        Int128 ahead = (Int128)observedMicros - receivedMicros;
        return ahead > AheadMax || ahead < -(Int128)BehindMax;
    }

    /// <summary>The UTC day of the observation, or of the receipt when the clock is suspect; days since 1970-01-01.</summary>
    public static int DayOf(long observedMicros, long receivedMicros) =>
        DayOf(IsSuspect(observedMicros, receivedMicros) ? receivedMicros : observedMicros);

    /// <summary>The UTC day of an instant, days since 1970-01-01, kept within the years 1 to 9999.</summary>
    public static int DayOf(long micros)
    {
        long day = Math.DivRem(micros, MicrosPerDay, out long rest);
        return (int)Math.Clamp(rest < 0 ? day - 1 : day, FirstDay, LastDay);
    }
}

namespace Fabric.Lakehouse.Tables;

/// <summary>
/// Which day a row belongs to (DESIGN §4): the UTC date of the time it was observed; if that is more than one day ahead of or
/// 400 days behind the time it was received, the latter's. Pure.
/// </summary>
public static class PartitionDate
{
    private const long MicrosPerDay = 86_400_000_000;
    private const long AheadMax = MicrosPerDay;
    private const long BehindMax = 400 * MicrosPerDay;

    /// <summary>Whether a device's clock cannot be believed.</summary>
    public static bool IsSuspect(long observedMicros, long receivedMicros) =>
        (Int128)observedMicros - receivedMicros is var ahead && (ahead > AheadMax || ahead < -BehindMax);

    /// <summary>Days since 1970-01-01.</summary>
    public static int Of(long observedMicros, long receivedMicros) =>
        DayOf(IsSuspect(observedMicros, receivedMicros) ? receivedMicros : observedMicros);

    /// <summary>Days since 1970-01-01 of an instant; rounds towards the past, also before 1970.</summary>
    public static int DayOf(long micros) => (int)Math.Clamp(
        micros >= 0 ? micros / MicrosPerDay : -((-(micros + 1) / MicrosPerDay) + 1), -719_162, 2_932_896);
}

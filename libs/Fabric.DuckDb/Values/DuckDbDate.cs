using System.Globalization;

namespace Fabric.DuckDb;

/// <summary>A DATE: days since 1970-01-01, far beyond what .NET's dates reach, and two infinities.</summary>
public readonly record struct DuckDbDate(int Days)
{
    private const int UnixEpochDayNumber = 719_162;

    public static readonly DuckDbDate PositiveInfinity = new(int.MaxValue);

    public static readonly DuckDbDate NegativeInfinity = new(-int.MaxValue);

    public static DuckDbDate FromDateOnly(DateOnly date) => new(date.DayNumber - UnixEpochDayNumber);

    /// <summary>Whether the date lies in .NET's years 1 to 9999.</summary>
    public bool TryToDateOnly(out DateOnly date)
    {
        long dayNumber = (long)Days + UnixEpochDayNumber;
        bool fits = dayNumber >= DateOnly.MinValue.DayNumber && dayNumber <= DateOnly.MaxValue.DayNumber;
        date = fits ? DateOnly.FromDayNumber((int)dayNumber) : default;
        return fits;
    }

    /// <summary>ISO 8601 where .NET's years reach, else <c>infinity</c>, <c>-infinity</c> or days since the epoch.</summary>
    public override string ToString() => TryToDateOnly(out DateOnly date)
        ? date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
        : this == PositiveInfinity ? "infinity"
        : this == NegativeInfinity ? "-infinity"
        : $"epoch{Days.ToString("+0;-0", CultureInfo.InvariantCulture)}d";
}

using System.Runtime.InteropServices;

namespace Fabric.DuckDb;

/// <summary>An INTERVAL: months, days and microseconds are kept apart, for none is a multiple of another.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct DuckDbInterval(int Months, int Days, long Micros)
{
    /// <summary><c>1 months 2 days 3 us</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Months} months {Days} days {Micros} us");
}

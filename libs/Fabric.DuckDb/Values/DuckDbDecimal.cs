using System.Globalization;

namespace Fabric.DuckDb;

/// <summary>An exact decimal of up to 38 digits: <c>Unscaled / 10^Scale</c>.</summary>
public readonly record struct DuckDbDecimal(Int128 Unscaled, byte Scale)
{
    /// <summary>Plain decimal text with exactly <see cref="Scale"/> digits after the point.</summary>
    public override string ToString()
    {
        if (Scale == 0)
        {
            return Unscaled.ToString(CultureInfo.InvariantCulture);
        }

        string sign = Int128.IsNegative(Unscaled) ? "-" : "";
        string digits = Int128.Abs(Unscaled).ToString(CultureInfo.InvariantCulture).PadLeft(Scale + 1, '0');
        return $"{sign}{digits[..^Scale]}.{digits[^Scale..]}";
    }
}

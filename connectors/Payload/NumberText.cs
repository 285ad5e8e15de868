using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Fabric.Schemas;

namespace Fabric.Connectors.Payload;

/// <summary>
/// Numbers as text: whole ones that fit 64 bits stay exact, unsigned ones beyond that become text, all others the nearest
/// 64-bit float (IEEE 754 round to nearest), as every JSON and CSV reader gives them. Pure.
/// </summary>
internal static class NumberText
{
    private const int LengthMax = 400; // the longest exact decimal of a double has 767 digits; sensors send 20
    private static readonly SearchValues<byte> NotWhole = SearchValues.Create(".eE,"u8);

    public static bool TryParse(ReadOnlySpan<byte> text, bool decimalComma, out SampleValue value)
    {
        value = default;
        if (text.IsEmpty || text.Length > LengthMax)
        {
            return false;
        }

        if (!text.ContainsAny(NotWhole))
        {
            return TryWhole(text, out value);
        }

        if (decimalComma && text.Contains((byte)','))
        {
            Span<byte> point = stackalloc byte[text.Length];
            text.Replace(point, (byte)',', (byte)'.');
            return TryReal(point, out value);
        }

        return TryReal(text, out value);
    }

    private static bool TryWhole(ReadOnlySpan<byte> text, out SampleValue value)
    {
        value = default;
        if (Utf8Parser.TryParse(text, out long whole, out int used) && used == text.Length)
        {
            // -0 has no integer: keep its sign.
            value = whole == 0 && text[0] == (byte)'-' ? SampleValue.From(-0.0) : SampleValue.From(whole);
            return true;
        }

        if (Utf8Parser.TryParse(text, out ulong _, out used) && used == text.Length)
        {
            value = Encoding.ASCII.GetString(text);
            return true;
        }

        return TryReal(text, out value);
    }

    private static bool TryReal(ReadOnlySpan<byte> text, out SampleValue value)
    {
        value = default;
        if (!double.TryParse(
                text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out double real)
            || !double.IsFinite(real))
        {
            return false;
        }

        value = SampleValue.From(real);
        return true;
    }
}

using System.Collections;
using System.Globalization;
using Fabric.DuckDb;

namespace Fabric.Delta.Tests;

/// <summary>Rows as text, one form per value, so that expectations can be written down and compared.</summary>
internal static class RowText
{
    public static List<string> Query(DuckDbConnection connection, string sql)
    {
        using DuckDbResult result = connection.Query(sql);
        return result.Rows().Select(row => string.Join(" | ", row.Select(Of))).ToList();
    }

    public static string Of(object? value) => Of(value, asBits: false);

    /// <param name="asBits">Writes reals as their bits, the form of the judges.</param>
    public static string Of(object? value, bool asBits) => value switch
    {
        null => "null",
        bool flag => flag ? "true" : "false",
        byte[] bytes => "0x" + Convert.ToHexString(bytes),
        float number => asBits
            ? $"f{BitConverter.SingleToUInt32Bits(number):x8}" : number.ToString("R", CultureInfo.InvariantCulture),
        double number => asBits
            ? $"d{BitConverter.DoubleToUInt64Bits(number):x16}" : number.ToString("R", CultureInfo.InvariantCulture),
        DuckDbStruct row =>
            "{" + string.Join(", ", row.Fields.Zip(row.Values).Select(p => $"{p.First.Name}: {Of(p.Second, asBits)}")) + "}",
        DuckDbMap map =>
            "<" + string.Join(", ", map.Entries.Select(entry => $"{Of(entry.Key, asBits)}: {Of(entry.Value, asBits)}")) + ">",
        string text => text,
        IEnumerable list => "[" + string.Join(", ", list.Cast<object?>().Select(item => Of(item, asBits))) + "]",
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };
}

using System.Collections;
using System.Globalization;
using System.Text.Json;
using Fabric.Testing;

namespace Fabric.Lakehouse.Tests.World;

/// <summary>Rows as text in which nothing is lost: reals as their bits, in the form of the judge <c>delta-read.mjs</c>.</summary>
internal static class RowText
{
    public static string Of(IEnumerable<object?> row) => string.Join(" | ", row.Select(Of));

    public static string Of(object? value) => value switch
    {
        null => "null",
        bool flag => flag ? "true" : "false",
        byte[] bytes => "0x" + Convert.ToHexString(bytes),
        float number => $"f{BitConverter.SingleToUInt32Bits(number):x8}",
        double number => $"d{BitConverter.DoubleToUInt64Bits(number):x16}",
        string text => text,
        IEnumerable list => "[" + string.Join(", ", list.Cast<object?>().Select(Of)) + "]",
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    /// <summary>What a reader that is not ours finds: the state (first line) and all rows, in ordinal order.</summary>
    public static async Task<(JsonElement State, List<string> Rows)> JudgeAsync(string tableFolder)
    {
        Judge judge = Judge.Script("delta-read.mjs");
        Skip.IfNot(judge.IsPresent, judge.Absent);
        JudgeResult result = await judge.RunAsync(null, TimeSpan.FromMinutes(3), tableFolder);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        string[] lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return (JsonDocument.Parse(lines[0]).RootElement, [.. lines.Skip(1)
            .Select(line => string.Join(" | ", JsonSerializer.Deserialize<string?[]>(line)!.Select(value => value ?? "null")))
            .Order(StringComparer.Ordinal)]);
    }
}

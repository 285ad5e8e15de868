using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fabric.DuckDb;

namespace Fabric.Host.Commands;

/// <summary>How rows are printed.</summary>
internal enum RowFormat
{
    Table,
    Csv,
    Json,
}

/// <summary>Prints rows of a query: aligned for people, RFC 4180 CSV, or one JSON object a line.</summary>
internal static class RowPrinter
{
    private static readonly JsonSerializerOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Print(DuckDbResult result, RowFormat format, TextWriter output)
    {
        string[] names = [.. result.Columns.Select(column => column.Name)];
        switch (format)
        {
            case RowFormat.Json:
                foreach (object?[] row in result.Rows())
                {
                    output.WriteLine(Object(names.Zip(row)));
                }

                break;
            case RowFormat.Csv:
                output.Write(string.Join(',', names.Select(Quote)) + "\r\n");
                foreach (object?[] row in result.Rows())
                {
                    output.Write(string.Join(',', row.Select(value => Quote(Text(value)))) + "\r\n");
                }

                break;
            default:
                Align(names, [.. result.Rows().Select(row => row.Select(Text).ToArray())], output);
                break;
        }
    }

    /// <summary>Prints a listing: aligned for people, or one JSON object a line.</summary>
    public static void Print(IReadOnlyList<string> names, IReadOnlyList<object?[]> rows, bool json, TextWriter output)
    {
        if (!json)
        {
            Align(names, [.. rows.Select(row => row.Select(Text).ToArray())], output);
            return;
        }

        foreach (object?[] row in rows)
        {
            output.WriteLine(Object(names.Zip(row)));
        }
    }

    /// <summary>Prints the fields of one thing: a line each for people, or one JSON object.</summary>
    public static void PrintOne(IReadOnlyList<(string Field, object? Value)> fields, bool json, TextWriter output)
    {
        if (json)
        {
            output.WriteLine(Object(fields));
        }
        else
        {
            Align(["field", "value"], [.. fields.Select(field => new[] { field.Field, Text(field.Value) })], output);
        }
    }

    /// <summary>Prints rows in columns, each as wide as its widest cell.</summary>
    public static void Align(IReadOnlyList<string> names, IReadOnlyList<string[]> rows, TextWriter output)
    {
        int[] widths = [.. names.Select((name, i) => rows.Select(row => row[i].Length).Append(name.Length).Max())];
        output.WriteLine(string.Join("  ", names.Select((name, i) => name.PadRight(widths[i]))).TrimEnd());
        output.WriteLine(string.Join("  ", widths.Select(width => new string('-', width))));
        foreach (string[] row in rows)
        {
            output.WriteLine(string.Join("  ", row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
        }
    }

    private static string Object(IEnumerable<(string Name, object? Value)> members) => JsonSerializer.Serialize(
        members.ToDictionary(member => member.Name.Replace(' ', '_'), member => JsonValue(member.Value)), JsonOptions);

    private static string Text(object? value) => value switch
    {
        null => "",
        DuckDbTimestamp or DuckDbDate or DuckDbDecimal or DuckDbInterval => value.ToString() ?? "",
        DateTimeOffset instant => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture),
        DateTime instant => instant.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
        byte[] bytes => Convert.ToHexStringLower(bytes),
        bool flag => flag ? "true" : "false",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        string text => text,
        _ => JsonSerializer.Serialize(value, JsonOptions),
    };

    private static object? JsonValue(object? value) => value switch
    {
        null or bool or int or long or short or byte or string => value,
        double number when double.IsFinite(number) => number,
        float number when float.IsFinite(number) => number,
        _ => Text(value),
    };

    private static string Quote(string cell) => cell.AsSpan().IndexOfAny(",\"\r\n") < 0
        ? cell
        : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}

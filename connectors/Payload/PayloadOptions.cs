using Fabric.Core.Options;

namespace Fabric.Connectors.Payload;

/// <summary>How the bytes of a message are written.</summary>
public enum PayloadFormat
{
    /// <summary>A JSON document: one value, or every leaf a point.</summary>
    Json,

    /// <summary>A bare number as text.</summary>
    Number,

    /// <summary>UTF-8 text, taken as it is.</summary>
    Text,

    /// <summary>One line of separated values, whose columns are declared.</summary>
    Csv,
}

/// <summary>What a number that stands for a time counts, since 1970-01-01T00:00:00Z.</summary>
public enum TimeUnit
{
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

/// <summary>Where in a message value, time, quality and unit stand.</summary>
/// <param name="Value">Path of the one value; null: every leaf that is nothing else becomes a point.</param>
/// <param name="Time">Path (JSON) or column (CSV) of the time; null: the connector's clock.</param>
/// <param name="TimeUnit">For times that are numbers.</param>
/// <param name="TimeZone">For times that are texts without an offset; default UTC.</param>
/// <param name="Quality">Path or column of the quality; null: GOOD.</param>
/// <param name="Unit">Path or column of the unit; null: none.</param>
/// <param name="Point">
/// JSON: path of the point's name, in an array of records such as <c>$.metrics[*].name</c>; null: points are named by where
/// they stand. Paths with <c>[*]</c> apply to their own element of the array, others to the message.
/// </param>
/// <param name="Words">What quality words and codes stand for.</param>
/// <param name="Columns">CSV: names of the columns in order; an empty name leaves the column out.</param>
/// <param name="Separator">CSV: between cells.</param>
/// <param name="DecimalComma">CSV and number: a comma is the decimal point.</param>
/// <param name="Personal">JSON paths of fields that name a person.</param>
public sealed record PayloadOptions(
    PayloadFormat Format, PayloadPath? Value, PayloadPath? Time, TimeUnit TimeUnit, TimeZoneInfo TimeZone, PayloadPath? Quality,
    PayloadPath? Unit, IReadOnlyList<string> Columns, char Separator, bool DecimalComma, IReadOnlyList<PayloadPath> Personal,
    PayloadPath? Point, QualityWords Words)
{
    /// <summary>The array whose elements are records of their own; null when no path has a wildcard.</summary>
    internal PayloadPath? Records => Point?.Element ?? Time?.Element ?? Quality?.Element ?? Unit?.Element;


    /// <summary>Reads the section <c>payload</c>; absent, every message is JSON without a time of its own.</summary>
    public static PayloadOptions Read(OptionReader connector, PersonalData personal)
    {
        PayloadPath[] fields = [.. personal.Fields.Select(PayloadPath.Parse).OfType<PayloadPath>()];
        if (connector.Section("payload") is not { } reader)
        {
            return new PayloadOptions(
                PayloadFormat.Json, null, null, TimeUnit.Milliseconds, TimeZoneInfo.Utc, null, null, [], ';', false, fields, null,
                QualityWords.Usual);
        }

        PayloadFormat format = reader.Choice(
            "format", PayloadFormat.Json, ("json", PayloadFormat.Json), ("number", PayloadFormat.Number),
            ("text", PayloadFormat.Text), ("csv", PayloadFormat.Csv));
        var options = new PayloadOptions(
            format, ReadPath(reader, "value", format), ReadPath(reader, "time", format),
            reader.Choice(
                "timeUnit", TimeUnit.Milliseconds, ("s", TimeUnit.Seconds), ("ms", TimeUnit.Milliseconds),
                ("us", TimeUnit.Microseconds), ("ns", TimeUnit.Nanoseconds)),
            ReadZone(reader), ReadPath(reader, "quality", format), ReadPath(reader, "unit", format), reader.Texts("columns"),
            ReadSeparator(reader), reader.Boolean("decimalComma", false), fields, ReadPath(reader, "point", format),
            ReadWords(reader));
        foreach (ValueProblem problem in options.Validate())
        {
            reader.Document.Report(reader.Find(problem.Path) ?? reader.Node, problem.Message);
        }

        reader.Finish();
        return options;
    }

    /// <summary>Mistakes that no single key shows, each with the key it is about.</summary>
    public IReadOnlyList<ValueProblem> Validate()
    {
        var problems = new List<ValueProblem>();
        if (Format == PayloadFormat.Csv)
        {
            ValidateColumns(problems);
        }
        else if (Columns.Count > 0)
        {
            problems.Add(new("columns", "only a csv payload has columns"));
        }

        if (Point is not null && (Format != PayloadFormat.Json || Point.Element is null))
        {
            problems.Add(new("point", "expected the place of a name within an array of JSON records, e.g. $.metrics[*].name"));
        }

        foreach ((string key, PayloadPath? path) in Paths())
        {
            if (key != "value" && path is { HasWildcard: true } && path.Text.LastIndexOf("[*]", StringComparison.Ordinal) >= path.Element?.Text.Length)
            {
                problems.Add(new(key, "expected at most one [*]"));
            }
            else if (path?.Element is { } element && Records is { } records && element.Text != records.Text)
            {
                problems.Add(new(key, $"stands in the records $.{element.Text}, others in $.{records.Text}: one array of records at a time"));
            }
        }

        return problems;
    }

    private IEnumerable<(string Key, PayloadPath? Path)> Paths() =>
        [("point", Point), ("value", Value), ("time", Time), ("quality", Quality), ("unit", Unit)];

    private void ValidateColumns(List<ValueProblem> problems)
    {
        if (Columns.Count == 0)
        {
            problems.Add(new("columns", "a csv payload needs 'columns': their names in order"));
        }

        foreach (string twice in Columns.Where(column => column.Length > 0).GroupBy(column => column)
            .Where(group => group.Count() > 1).Select(group => group.Key))
        {
            problems.Add(new("columns", $"'{twice}' is named twice"));
        }

        foreach ((string key, PayloadPath? path) in Paths().Where(entry => entry.Path is not null && Columns.Count > 0))
        {
            if (!Columns.Contains(path!.Text))
            {
                problems.Add(new(key, Suggestion.ForUnknown("column", path.Text, [.. Columns])));
            }
        }

        if (DecimalComma && Separator == ',')
        {
            problems.Add(new("decimalComma", "a comma cannot be both the separator and the decimal point"));
        }
    }

    private static QualityWords ReadWords(OptionReader reader)
    {
        if (reader.Section("qualities") is not { } section)
        {
            return QualityWords.Usual;
        }

        QualityWords words = QualityWords.Usual.With(section.Texts("good"), section.Texts("uncertain"), section.Texts("bad"));
        section.Finish();
        return words;
    }

    private static PayloadPath? ReadPath(OptionReader reader, string key, PayloadFormat format)
    {
        if (reader.Text(key) is not { } text)
        {
            return null;
        }

        PayloadPath? path = format == PayloadFormat.Csv ? PayloadPath.Column(text) : PayloadPath.Parse(text);
        if (path is null || format is PayloadFormat.Number or PayloadFormat.Text)
        {
            reader.Document.Report(
                reader.Find(key)!, path is null
                    ? $"expected a path such as $.value or $.items[0].v, found '{text}'"
                    : $"a payload of this format has no '{key}'");
        }

        return path;
    }

    private static char ReadSeparator(OptionReader reader)
    {
        string text = reader.Text("separator") ?? ";";
        if (text.Length != 1 || !char.IsAscii(text[0]))
        {
            reader.Document.Report(reader.Find("separator")!, "expected one ASCII character, e.g. ';' or ','");
            return ';';
        }

        return text[0];
    }

    private static TimeZoneInfo ReadZone(OptionReader reader)
    {
        if (reader.Text("timeZone") is not { } name)
        {
            return TimeZoneInfo.Utc;
        }

        if (TimeZoneInfo.TryFindSystemTimeZoneById(name, out TimeZoneInfo? zone))
        {
            return zone;
        }

        reader.Document.Report(reader.Find("timeZone")!, $"expected a time zone such as Europe/Berlin, found '{name}'");
        return TimeZoneInfo.Utc;
    }
}

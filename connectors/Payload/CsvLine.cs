using System.Text;
using Fabric.Connectors.Runner;
using Fabric.Schemas;

namespace Fabric.Connectors.Payload;

/// <summary>One line of separated values (RFC 4180 quoting): each declared column a point, numbers where they are numbers.</summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class CsvLine(PayloadOptions options)
{
    private readonly List<string> _cells = [];

    public PayloadVerdict Map(ReadOnlySpan<byte> payload, string point, Observation into, SourceBatch batch)
    {
        if (!System.Text.Unicode.Utf8.IsValid(payload))
        {
            return PayloadVerdict.NotText;
        }

        Split(Encoding.UTF8.GetString(payload).TrimEnd('\r', '\n'));
        if (_cells.Count != options.Columns.Count)
        {
            return PayloadVerdict.CellCount(_cells.Count, options.Columns.Count);
        }

        if (!TryTime(out long timeMicros, out PayloadVerdict refused))
        {
            return refused;
        }

        string? status = null;
        Quality quality = Cell(options.Quality) is { } word ? QualityWords.Of(word, out status) : Quality.Good;
        string? unit = Cell(options.Unit);
        int first = into.Samples.Count;
        for (int i = 0; i < _cells.Count; i++)
        {
            string column = options.Columns[i];
            if (column.Length == 0 || IsSpecial(column) || (options.Value is { } value && value.Text != column))
            {
                continue;
            }

            string name = options.Value is not null ? point : point.Length == 0 ? column : $"{point}.{column}";
            Sample sample = PayloadMapper.SampleOf(into, name, "csv");
            Fill(sample, _cells[i], quality, status, unit);
            if (options.Time is not null)
            {
                sample.ObservedAtMicros = timeMicros;
                sample.Clock = Clock.Device;
            }

            byte[] path = Encoding.UTF8.GetBytes(column);
            if (options.Personal.Any(personal => personal.Covers(path)))
            {
                batch.MarkValue(into, into.Samples.Count - 1);
            }
        }

        return into.Samples.Count == first ? PayloadVerdict.WithoutValues : PayloadVerdict.Mapped;
    }

    private void Fill(Sample sample, string cell, Quality quality, string? status, string? unit)
    {
        sample.Quality = quality;
        sample.Status = status;
        sample.Unit = unit;
        if (cell.Length == 0)
        {
            sample.Quality = Quality.Bad;
            sample.Status = "null";
        }
        else
        {
            sample.Value = NumberText.TryParse(Encoding.UTF8.GetBytes(cell), options.DecimalComma, out SampleValue number)
                ? number
                : SampleValue.From(cell);
        }
    }

    private bool TryTime(out long micros, out PayloadVerdict refused)
    {
        micros = 0;
        refused = PayloadVerdict.Mapped;
        if (options.Time is not { } path)
        {
            return true;
        }

        if (Cell(path) is not { Length: > 0 } cell)
        {
            refused = PayloadVerdict.TimeMissing(path);
            return false;
        }

        if (PayloadTime.TryText(cell, options.TimeZone, out micros) || PayloadTime.TryNumber(cell, options.TimeUnit, out micros))
        {
            return true;
        }

        refused = PayloadVerdict.TimeInvalid(path);
        return false;
    }

    private string? Cell(PayloadPath? column)
    {
        for (int i = 0; column is not null && i < options.Columns.Count; i++)
        {
            if (options.Columns[i] == column.Text)
            {
                return _cells[i];
            }
        }

        return null;
    }

    private bool IsSpecial(string column) =>
        column == options.Time?.Text || column == options.Quality?.Text || column == options.Unit?.Text;

    private void Split(string line)
    {
        _cells.Clear();
        var cell = new StringBuilder();
        bool quoted = false;
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (quoted)
            {
                if (c != '"')
                {
                    cell.Append(c);
                }
                else if (i + 1 < line.Length && line[i + 1] == '"')
                {
                    cell.Append('"');
                    i++;
                }
                else
                {
                    quoted = false;
                }
            }
            else if (c == '"' && cell.Length == 0)
            {
                quoted = true;
            }
            else if (c == options.Separator)
            {
                _cells.Add(cell.ToString());
                cell.Clear();
            }
            else
            {
                cell.Append(c);
            }
        }

        _cells.Add(cell.ToString());
    }
}

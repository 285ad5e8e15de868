using System.Text;
using System.Text.Unicode;
using Fabric.Avro;
using Fabric.Connectors.Runner;
using Fabric.Schemas;

namespace Fabric.Connectors.Payload;

/// <summary>
/// One line of separated values (quoting as in RFC 4180): each declared column a point, numbers where they are numbers, an
/// empty cell a value the device does not have. Works on the bytes; a quoted cell is unquoted into a buffer of its own.
/// </summary>
/// <remarks>Not thread-safe. Allocates nothing per sample once names and repeated texts were seen.</remarks>
internal sealed class CsvLine
{
    private readonly PayloadOptions _options;
    private readonly StringPool _strings;
    private readonly bool[] _isPersonal;
    private readonly bool[] _isValue;
    private readonly (int Start, int Length)[] _cells;
    private readonly int _time;
    private readonly int _quality;
    private readonly int _unit;
    private byte[] _line = new byte[256];

    public CsvLine(PayloadOptions options, StringPool strings)
    {
        _options = options;
        _strings = strings;
        _cells = new (int, int)[options.Columns.Count];
        _time = IndexOf(options.Time);
        _quality = IndexOf(options.Quality);
        _unit = IndexOf(options.Unit);
        _isPersonal = [.. options.Columns.Select(column =>
            options.Personal.Any(personal => personal.Covers(Encoding.UTF8.GetBytes(column))))];
        _isValue = [.. options.Columns.Select((column, index) =>
            column.Length > 0 && index != _time && index != _quality && index != _unit
            && (options.Value is not { } value || value.Text == column))];
    }

    public PayloadVerdict Map(ReadOnlySpan<byte> payload, string point, Observation into, SourceBatch batch)
    {
        if (!Utf8.IsValid(payload))
        {
            return PayloadVerdict.NotText;
        }

        PayloadVerdict split = Split(payload.TrimEnd("\r\n\0"u8));
        if (!split.IsMapped)
        {
            return split;
        }

        bool hasTime = TryTime(out long timeMicros, out bool isInvalid);
        if (isInvalid)
        {
            return PayloadVerdict.TimeInvalid(_options.Time!);
        }

        string? status = null;
        Quality quality = Text(_quality) is { } word ? _options.Words.Of(word, out status) : Quality.Good;
        string? unit = Text(_unit);
        int first = into.Samples.Count;
        for (int i = 0; i < _cells.Length; i++)
        {
            if (!_isValue[i])
            {
                continue;
            }

            Sample sample = PayloadMapper.SampleOf(into, NameOf(i, point), "csv");
            (sample.Quality, sample.Status, sample.Unit) = (quality, status, unit);
            Fill(sample, Cell(i));
            if (hasTime)
            {
                (sample.ObservedAtMicros, sample.Clock) = (timeMicros, Clock.Device);
            }

            if (_isPersonal[i])
            {
                batch.MarkValue(into, into.Samples.Count - 1);
            }
        }

        return into.Samples.Count == first ? PayloadVerdict.WithoutValues : PayloadVerdict.Mapped;
    }

    private int IndexOf(PayloadPath? column)
    {
        for (int i = 0; column is not null && i < _options.Columns.Count; i++)
        {
            if (_options.Columns[i] == column.Text)
            {
                return i;
            }
        }

        return -1;
    }

    private string NameOf(int column, string point) =>
        _options.Value is not null ? point
        : point.Length == 0 ? _options.Columns[column]
        : RecordScope.Join(_strings, point, _options.Columns[column]);

    private ReadOnlySpan<byte> Cell(int column) => _line.AsSpan(_cells[column].Start, _cells[column].Length);

    private string? Text(int column) => column < 0 || Cell(column).IsEmpty ? null : _strings.Get(Cell(column));

    private void Fill(Sample sample, ReadOnlySpan<byte> cell)
    {
        if (cell.IsEmpty)
        {
            sample.Quality = Quality.Bad;
            sample.Status = "null";
        }
        else
        {
            sample.Value = NumberText.TryParse(cell, _options.DecimalComma, out SampleValue number)
                ? number
                : SampleValue.From(_strings.Get(cell));
        }
    }

    // An empty cell is no time: the connector's clock stands in, and the sample says so.
    private bool TryTime(out long micros, out bool isInvalid)
    {
        micros = 0;
        isInvalid = false;
        if (_time < 0 || Cell(_time).IsEmpty)
        {
            return false;
        }

        isInvalid = !PayloadTime.TryText(Cell(_time), _options.TimeZone, out micros)
            && !PayloadTime.TryNumber(Cell(_time), _options.TimeUnit, out micros);
        return !isInvalid;
    }

    /// <summary>Copies the line without its quotes and notes where the cells stand.</summary>
    private PayloadVerdict Split(ReadOnlySpan<byte> line)
    {
        if (_line.Length < line.Length)
        {
            _line = new byte[line.Length];
        }

        int found = 0, written = 0, at = 0;
        while (true)
        {
            int start = written;
            bool isQuoted = at < line.Length && line[at] == (byte)'"';
            if (isQuoted && !TryQuoted(line, ref at, ref written))
            {
                return PayloadVerdict.Quote(at);
            }

            if (!isQuoted)
            {
                int length = line[at..].IndexOf((byte)_options.Separator);
                length = length < 0 ? line.Length - at : length;
                line.Slice(at, length).CopyTo(_line.AsSpan(written));
                written += length;
                at += length;
            }

            if (found < _cells.Length)
            {
                _cells[found] = (start, written - start);
            }

            found++;
            if (at >= line.Length)
            {
                break;
            }

            at++; // the separator
        }

        return found == _cells.Length ? PayloadVerdict.Mapped : PayloadVerdict.CellCount(found, _cells.Length);
    }

    private bool TryQuoted(ReadOnlySpan<byte> line, ref int at, ref int written)
    {
        for (at++; at < line.Length; at++)
        {
            if (line[at] == (byte)'"')
            {
                bool isDoubled = at + 1 < line.Length && line[at + 1] == (byte)'"';
                if (!isDoubled)
                {
                    at++;
                    return at == line.Length || line[at] == (byte)_options.Separator;
                }

                at++;
            }

            _line[written++] = line[at];
        }

        return false;
    }
}

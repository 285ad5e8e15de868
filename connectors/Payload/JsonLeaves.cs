using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Fabric.Avro;
using Fabric.Connectors.Runner;
using Fabric.Schemas;

namespace Fabric.Connectors.Payload;

/// <summary>
/// Walks a JSON document once and makes a sample of every leaf that is wanted: nested names are joined by dots, elements of
/// arrays are <c>name[i]</c>. A null is a value the device does not have: quality BAD.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class JsonLeaves(PayloadOptions options, StringPool strings)
{
    private const int DepthMax = 64;
    private const int PathBytesMax = 1024;

    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = DepthMax };

    private readonly byte[] _path = new byte[PathBytesMax];
    private readonly int[] _lengths = new int[DepthMax + 1];
    private readonly int[] _indexes = new int[DepthMax + 1];
    private int _length;

    public PayloadVerdict Map(ReadOnlySpan<byte> payload, string point, Observation into, SourceBatch batch)
    {
        int first = into.Samples.Count, firstPersonal = batch.PersonalValues.Count;
        var message = new Message();
        PayloadVerdict verdict = Walk(payload, point, into, batch, ref message);
        if (verdict.IsMapped)
        {
            verdict = Complete(into, first, message);
        }

        if (!verdict.IsMapped)
        {
            batch.PersonalValues.RemoveRange(firstPersonal, batch.PersonalValues.Count - firstPersonal);
        }

        return verdict;
    }

    private PayloadVerdict Walk(
        ReadOnlySpan<byte> payload, string point, Observation into, SourceBatch batch, ref Message message)
    {
        var reader = new Utf8JsonReader(payload, ReaderOptions);
        _length = 0;
        try
        {
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.PropertyName:
                        if (!EnterName(ref reader))
                        {
                            return PayloadVerdict.NotJson(0, reader.TokenStartIndex);
                        }

                        break;
                    case JsonTokenType.StartObject or JsonTokenType.StartArray:
                        EnterElement(reader.CurrentDepth);
                        _lengths[reader.CurrentDepth] = _length;
                        _indexes[reader.CurrentDepth] = reader.TokenType == JsonTokenType.StartArray ? 0 : -1;
                        break;
                    case JsonTokenType.EndObject or JsonTokenType.EndArray:
                        break;
                    default:
                        EnterElement(reader.CurrentDepth);
                        PayloadVerdict verdict = TakeLeaf(ref reader, point, into, batch, ref message);
                        if (!verdict.IsMapped)
                        {
                            return verdict;
                        }

                        break;
                }
            }

            return PayloadVerdict.Mapped;
        }
        catch (JsonException exception)
        {
            return PayloadVerdict.NotJson(exception.LineNumber ?? 0, exception.BytePositionInLine ?? 0);
        }
        catch (InvalidOperationException)
        {
            return PayloadVerdict.NotText; // a text whose escapes or bytes are no UTF-8
        }
    }

    /// <summary>The path becomes the container's plus the name; false when it grows too long.</summary>
    private bool EnterName(ref Utf8JsonReader reader)
    {
        _length = _lengths[reader.CurrentDepth - 1];
        if (reader.ValueSpan.Length + 1 > PathBytesMax - _length - 16)
        {
            return false;
        }

        if (_length > 0)
        {
            _path[_length++] = (byte)'.';
        }

        _length += reader.CopyString(_path.AsSpan(_length));
        return true;
    }

    /// <summary>Within an array the path becomes the array's plus the index.</summary>
    private void EnterElement(int depth)
    {
        if (depth == 0 || _indexes[depth - 1] < 0)
        {
            return;
        }

        _length = _lengths[depth - 1];
        if (_length > PathBytesMax - 16)
        {
            return;
        }

        _path[_length++] = (byte)'[';
        Utf8Formatter.TryFormat(_indexes[depth - 1]++, _path.AsSpan(_length), out int written);
        _length += written;
        _path[_length++] = (byte)']';
    }

    private PayloadVerdict TakeLeaf(
        ref Utf8JsonReader reader, string point, Observation into, SourceBatch batch, ref Message message)
    {
        ReadOnlySpan<byte> path = _path.AsSpan(0, _length);
        if (options.Time?.Matches(path) == true)
        {
            message.HasTime = TryTime(ref reader, out message.TimeMicros);
            return message.HasTime ? PayloadVerdict.Mapped : PayloadVerdict.TimeInvalid(options.Time);
        }

        if (options.Quality?.Matches(path) == true)
        {
            message.Quality = TextOf(ref reader);
            return PayloadVerdict.Mapped;
        }

        if (options.Unit?.Matches(path) == true)
        {
            message.Unit = TextOf(ref reader);
            return PayloadVerdict.Mapped;
        }

        if (options.Value?.Covers(path) == false)
        {
            return PayloadVerdict.Mapped; // one value is wanted, this is another
        }

        return TakeSample(ref reader, NameOf(path, point), into, batch);
    }

    private PayloadVerdict TakeSample(ref Utf8JsonReader reader, string point, Observation into, SourceBatch batch)
    {
        Sample sample = PayloadMapper.SampleOf(into, point, TypeOf(reader.TokenType));
        switch (reader.TokenType)
        {
            case JsonTokenType.Number:
                if (!NumberText.TryParse(reader.ValueSpan, decimalComma: false, out SampleValue number))
                {
                    return PayloadVerdict.NumberTooLarge(point);
                }

                sample.Value = number;
                break;
            case JsonTokenType.String:
                sample.Value = reader.GetString()!;
                break;
            case JsonTokenType.True or JsonTokenType.False:
                sample.Value = reader.TokenType == JsonTokenType.True;
                break;
            default:
                sample.Quality = Quality.Bad;
                sample.Status = "null";
                break;
        }

        ReadOnlySpan<byte> path = _path.AsSpan(0, _length);
        foreach (PayloadPath personal in options.Personal)
        {
            if (personal.Covers(path))
            {
                batch.MarkValue(into, into.Samples.Count - 1);
                break;
            }
        }

        return PayloadVerdict.Mapped;
    }

    private string NameOf(ReadOnlySpan<byte> path, string point)
    {
        if (options.Value?.Matches(path) == true || path.IsEmpty)
        {
            return point;
        }

        string name = strings.Get(path);
        return point.Length == 0 ? name : $"{point}.{name}";
    }

    private PayloadVerdict Complete(Observation into, int first, in Message message)
    {
        if (into.Samples.Count == first)
        {
            return options.Value is { } value ? PayloadVerdict.ValueMissing(value) : PayloadVerdict.WithoutValues;
        }

        if (options.Time is { } time && !message.HasTime)
        {
            return PayloadVerdict.TimeMissing(time);
        }

        string? status = null;
        Quality quality = message.Quality is { } word ? QualityWords.Of(word, out status) : Quality.Good;
        for (int i = first; i < into.Samples.Count; i++)
        {
            Sample sample = into.Samples[i];
            if (message.HasTime)
            {
                sample.ObservedAtMicros = message.TimeMicros;
                sample.Clock = Clock.Device;
            }

            if (sample.Quality == Quality.Good)
            {
                sample.Quality = quality;
                sample.Status = status;
            }

            sample.Unit = message.Unit;
        }

        return PayloadVerdict.Mapped;
    }

    private bool TryTime(ref Utf8JsonReader reader, out long micros)
    {
        const int charsMax = 64;
        Span<char> text = stackalloc char[charsMax];
        micros = 0;
        switch (reader.TokenType)
        {
            case JsonTokenType.Number when reader.ValueSpan.Length <= charsMax:
                int digits = Encoding.ASCII.GetChars(reader.ValueSpan, text);
                return PayloadTime.TryNumber(text[..digits], options.TimeUnit, out micros);
            case JsonTokenType.String when reader.ValueSpan.Length <= charsMax:
                ReadOnlySpan<char> given = text[..reader.CopyString(text)];
                return PayloadTime.TryText(given, options.TimeZone, out micros)
                    || PayloadTime.TryNumber(given, options.TimeUnit, out micros);
            default:
                return false;
        }
    }

    private string? TextOf(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String when !reader.ValueIsEscaped && System.Text.Unicode.Utf8.IsValid(reader.ValueSpan) =>
            strings.Get(reader.ValueSpan),
        JsonTokenType.String => reader.GetString(),
        JsonTokenType.Null => null,
        _ => strings.Get(reader.ValueSpan),
    };

    private static string TypeOf(JsonTokenType token) => token switch
    {
        JsonTokenType.Number => "number",
        JsonTokenType.String => "string",
        JsonTokenType.True or JsonTokenType.False => "boolean",
        _ => "null",
    };

    /// <summary>What applies to the message as a whole.</summary>
    private struct Message
    {
        public bool HasTime;
        public long TimeMicros;
        public string? Quality;
        public string? Unit;
    }
}

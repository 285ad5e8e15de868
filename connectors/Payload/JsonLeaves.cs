using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Fabric.Avro;
using Fabric.Connectors.Runner;
using Fabric.Schemas;

namespace Fabric.Connectors.Payload;

/// <summary>
/// Walks a JSON document once and makes a sample of every leaf that is wanted: nested names are joined by dots, elements of
/// arrays are <c>name[i]</c>. A null is a value the device does not have: quality BAD, status <c>null</c>. Time, quality and unit
/// may stand before or after the values they apply to: they are applied when the record of an array, or the document, ends.
/// </summary>
/// <remarks>Not thread-safe. Allocates nothing per sample once names and repeated texts were seen.</remarks>
internal sealed class JsonLeaves(PayloadOptions options, StringPool strings)
{
    /// <summary>All names down to a leaf, together.</summary>
    public const int PathBytesMax = 1024;

    private const int DepthMax = 64;
    private const int IndexBytesMax = 12;

    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = DepthMax };

    private readonly byte[] _path = new byte[PathBytesMax];
    private readonly int[] _lengths = new int[DepthMax + 1];
    private readonly int[] _indexes = new int[DepthMax + 1];
    private readonly PayloadPath? _records = options.Records;
    private readonly RecordScope _message = new(options, strings);
    private readonly RecordScope _record = new(options, strings);
    private int _length;
    private int _recordDepth;
    private int _recordPathLength;

    public PayloadVerdict Map(ReadOnlySpan<byte> payload, string point, Observation into, SourceBatch batch)
    {
        int firstPersonal = batch.PersonalValues.Count;
        _message.Begin(into.Samples.Count);
        _recordDepth = -1;
        PayloadVerdict verdict = Walk(payload, point, into, batch);
        if (verdict.IsMapped)
        {
            verdict = _message.Complete(into, point, isRecord: false);
        }

        if (!verdict.IsMapped)
        {
            batch.PersonalValues.RemoveRange(firstPersonal, batch.PersonalValues.Count - firstPersonal);
        }

        return verdict;
    }

    private PayloadVerdict Walk(ReadOnlySpan<byte> payload, string point, Observation into, SourceBatch batch)
    {
        var reader = new Utf8JsonReader(payload, ReaderOptions);
        _length = 0;
        try
        {
            while (reader.Read())
            {
                PayloadVerdict verdict = Step(ref reader, point, into, batch);
                if (!verdict.IsMapped)
                {
                    return verdict;
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

    private PayloadVerdict Step(ref Utf8JsonReader reader, string point, Observation into, SourceBatch batch)
    {
        int depth = reader.CurrentDepth;
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                return EnterName(ref reader) ? PayloadVerdict.Mapped : PayloadVerdict.PathTooLong(reader.TokenStartIndex);
            case JsonTokenType.StartObject or JsonTokenType.StartArray:
                if (!EnterElement(depth, into))
                {
                    return PayloadVerdict.PathTooLong(reader.TokenStartIndex);
                }

                _lengths[depth] = _length;
                _indexes[depth] = reader.TokenType == JsonTokenType.StartArray ? 0 : -1;
                return PayloadVerdict.Mapped;
            case JsonTokenType.EndObject or JsonTokenType.EndArray:
                return depth == _recordDepth ? EndRecord(into, point) : PayloadVerdict.Mapped;
            default:
                if (!EnterElement(depth, into))
                {
                    return PayloadVerdict.PathTooLong(reader.TokenStartIndex);
                }

                PayloadVerdict verdict = TakeLeaf(ref reader, point, into, batch);
                return verdict.IsMapped && depth == _recordDepth ? EndRecord(into, point) : verdict;
        }
    }

    /// <summary>The path becomes the container's plus the name; false when it grows too long.</summary>
    private bool EnterName(ref Utf8JsonReader reader)
    {
        _length = _lengths[reader.CurrentDepth - 1];
        if (reader.ValueSpan.Length + 1 > PathBytesMax - _length)
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

    /// <summary>Within an array the path becomes the array's plus the index; a record may begin. False when it grows too long.</summary>
    private bool EnterElement(int depth, Observation into)
    {
        if (depth == 0 || _indexes[depth - 1] < 0)
        {
            return true;
        }

        _length = _lengths[depth - 1];
        if (_length > PathBytesMax - IndexBytesMax)
        {
            return false;
        }

        _path[_length++] = (byte)'[';
        Utf8Formatter.TryFormat(_indexes[depth - 1]++, _path.AsSpan(_length), out int written);
        _length += written;
        _path[_length++] = (byte)']';
        if (_records is not null && _recordDepth < 0 && _records.Matches(_path.AsSpan(0, _length)))
        {
            _recordDepth = depth;
            _recordPathLength = _length;
            _record.Begin(into.Samples.Count);
        }

        return true;
    }

    private PayloadVerdict EndRecord(Observation into, string point)
    {
        _recordDepth = -1;
        return _record.Complete(into, point, isRecord: true);
    }

    private PayloadVerdict TakeLeaf(ref Utf8JsonReader reader, string point, Observation into, SourceBatch batch)
    {
        ReadOnlySpan<byte> path = _path.AsSpan(0, _length);
        if (options.Time?.Matches(path) == true)
        {
            return ScopeOf(options.Time).TakeTime(ref reader, options.Time);
        }

        if (options.Quality?.Matches(path) == true)
        {
            ScopeOf(options.Quality).Quality = TextOf(ref reader);
            return PayloadVerdict.Mapped;
        }

        if (options.Unit?.Matches(path) == true)
        {
            ScopeOf(options.Unit).Unit = TextOf(ref reader);
            return PayloadVerdict.Mapped;
        }

        if (options.Point?.Matches(path) == true)
        {
            _record.Point = TextOf(ref reader);
            return PayloadVerdict.Mapped;
        }

        if (options.Value?.Covers(path) == false)
        {
            return PayloadVerdict.Mapped; // one value is wanted, this is another
        }

        return TakeSample(ref reader, NameOf(path, point), into, batch);
    }

    private RecordScope ScopeOf(PayloadPath path) => path.Element is null ? _message : _record;

    private PayloadVerdict TakeSample(ref Utf8JsonReader reader, string point, Observation into, SourceBatch batch)
    {
        Sample sample = PayloadMapper.SampleOf(into, point, TypeOf(reader.TokenType));
        if (_recordDepth >= 0 && options.Point is not null)
        {
            sample.Point = point; // may be empty: the record's name comes later
        }

        switch (reader.TokenType)
        {
            case JsonTokenType.Number:
                if (!NumberText.TryParse(reader.ValueSpan, decimalComma: false, out SampleValue number))
                {
                    return PayloadVerdict.NumberTooLarge(reader.TokenStartIndex);
                }

                sample.Value = number;
                break;
            case JsonTokenType.String:
                sample.Value = TextOf(ref reader)!;
                break;
            case JsonTokenType.True or JsonTokenType.False:
                sample.Value = reader.TokenType == JsonTokenType.True;
                break;
            default:
                sample.Quality = Quality.Bad;
                sample.Status = "null";
                break;
        }

        if (options.Personal.Count > 0)
        {
            MarkPersonal(into, batch);
        }

        return PayloadVerdict.Mapped;
    }

    private void MarkPersonal(Observation into, SourceBatch batch)
    {
        ReadOnlySpan<byte> path = _path.AsSpan(0, _length);
        foreach (PayloadPath personal in options.Personal)
        {
            if (personal.Covers(path))
            {
                batch.MarkValue(into, into.Samples.Count - 1);
                return;
            }
        }
    }

    // In a record whose name is not known yet the sample gets the rest of its path: RecordScope puts the name before it.
    private string NameOf(ReadOnlySpan<byte> path, string point)
    {
        bool isTheValue = options.Value?.Matches(path) == true || path.IsEmpty;
        if (options.Point is not null && _recordDepth >= 0)
        {
            ReadOnlySpan<byte> rest = isTheValue ? default : path[_recordPathLength..];
            return strings.Get(rest.StartsWith("."u8) ? rest[1..] : rest);
        }

        if (isTheValue)
        {
            return options.Value is { HasWildcard: true } ? Indexed(path, point) : point;
        }

        string name = strings.Get(path);
        return point.Length == 0 ? name : RecordScope.Join(strings, point, name);
    }

    /// <summary>The point with every index of the path: the elements of an array are <c>point[i]</c>.</summary>
    private string Indexed(ReadOnlySpan<byte> path, string point)
    {
        Span<byte> name = stackalloc byte[PathBytesMax + 256];
        if (Encoding.UTF8.GetByteCount(point) > 256)
        {
            return point + Encoding.UTF8.GetString(path);
        }

        int length = Encoding.UTF8.GetBytes(point, name);
        for (int at = path.IndexOf((byte)'['); at >= 0 && !path.IsEmpty; at = path.IndexOf((byte)'['))
        {
            path = path[at..];
            int end = path.IndexOf((byte)']') + 1;
            path[..end].CopyTo(name[length..]);
            length += end;
            path = path[end..];
        }

        return strings.Get(name[..length]);
    }

    private string? TextOf(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String when !reader.ValueIsEscaped && Utf8.IsValid(reader.ValueSpan) => strings.Get(reader.ValueSpan),
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
}

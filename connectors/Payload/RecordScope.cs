using System.Text;
using System.Text.Json;
using Fabric.Avro;
using Fabric.Schemas;

namespace Fabric.Connectors.Payload;

/// <summary>
/// What applies to the samples of one record of an array, or of the whole message: time, quality, unit and, for records, the
/// point's name. A record's own come before the message's.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class RecordScope(PayloadOptions options, StringPool strings)
{
    private const int NameBytesMax = 512;

    private int _first;
    private bool _hasTime;
    private long _timeMicros;

    public string? Quality { get; set; }

    public string? Unit { get; set; }

    public string? Point { get; set; }

    /// <summary>Starts with the sample that comes next.</summary>
    public void Begin(int firstSample)
    {
        _first = firstSample;
        _hasTime = false;
        Quality = null;
        Unit = null;
        Point = null;
    }

    /// <summary>A null is no time: the connector's clock stands in, and the sample says so.</summary>
    public PayloadVerdict TakeTime(ref Utf8JsonReader reader, PayloadPath path)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return PayloadVerdict.Mapped;
            case JsonTokenType.Number:
                _hasTime = PayloadTime.TryNumber(reader.ValueSpan, options.TimeUnit, out _timeMicros);
                break;
            case JsonTokenType.String:
                _hasTime = TryText(ref reader);
                break;
            default:
                _hasTime = false;
                break;
        }

        return _hasTime ? PayloadVerdict.Mapped : PayloadVerdict.TimeInvalid(path);
    }

    /// <summary>Applies what was found to the samples since <see cref="Begin"/>.</summary>
    public PayloadVerdict Complete(Observation into, string point, bool isRecord)
    {
        if (into.Samples.Count == _first)
        {
            return isRecord ? PayloadVerdict.Mapped
                : options.Value is { } value ? PayloadVerdict.ValueMissing(value)
                : PayloadVerdict.WithoutValues;
        }

        bool isNamed = isRecord && options.Point is not null;
        if (isNamed && string.IsNullOrEmpty(Point))
        {
            return PayloadVerdict.PointMissing(options.Point!);
        }

        string? status = null;
        Quality quality = Quality is { } word ? options.Words.Of(word, out status) : Schemas.Quality.Good;
        ReadOnlySpan<Sample> samples = into.Samples.AsSpan()[_first..];
        foreach (Sample sample in samples)
        {
            Apply(sample, quality, status);
            if (isNamed)
            {
                string name = sample.Point.Length == 0 ? Point! : Join(strings, Point!, sample.Point);
                sample.Point = point.Length == 0 ? name : Join(strings, point, name);
            }
        }

        return PayloadVerdict.Mapped;
    }

    /// <summary>Both names with a dot between, made once.</summary>
    public static string Join(StringPool strings, string first, string second)
    {
        if (first.Length + second.Length > NameBytesMax / 4)
        {
            return $"{first}.{second}";
        }

        Span<byte> name = stackalloc byte[NameBytesMax];
        int length = Encoding.UTF8.GetBytes(first, name);
        name[length++] = (byte)'.';
        length += Encoding.UTF8.GetBytes(second, name[length..]);
        return strings.Get(name[..length]);
    }

    private void Apply(Sample sample, Quality quality, string? status)
    {
        if (_hasTime && sample.Clock == Clock.Connector)
        {
            sample.ObservedAtMicros = _timeMicros;
            sample.Clock = Clock.Device;
        }

        // A null value, and what a record says of itself, stand.
        if (sample.Quality == Schemas.Quality.Good)
        {
            sample.Quality = quality;
            sample.Status = status;
        }

        sample.Unit ??= Unit;
    }

    private bool TryText(ref Utf8JsonReader reader)
    {
        const int bytesMax = 64;
        Span<byte> text = stackalloc byte[bytesMax];
        if (reader.ValueSpan.Length > bytesMax)
        {
            return false;
        }

        ReadOnlySpan<byte> given = text[..reader.CopyString(text)];
        return PayloadTime.TryText(given, options.TimeZone, out _timeMicros)
            || PayloadTime.TryNumber(given, options.TimeUnit, out _timeMicros);
    }
}

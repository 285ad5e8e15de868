using System.Text;
using Fabric.Avro;
using Fabric.Connectors.Runner;
using Fabric.Schemas;

namespace Fabric.Connectors.Payload;

/// <summary>
/// From the bytes of a message to samples. What does not parse is a verdict, never an exception. Time, quality and unit apply
/// to every sample of the message or of its record; without a time of its own a sample has the connector's, and says so.
/// </summary>
/// <remarks>Not thread-safe: one per source. Allocates nothing per sample once names and units were seen.</remarks>
public sealed class PayloadMapper
{
    private readonly PayloadOptions _options;
    private readonly JsonLeaves _json;
    private readonly CsvLine _csv;
    private readonly StringPool _strings = new();

    public PayloadMapper(PayloadOptions options)
    {
        _options = options;
        _json = new JsonLeaves(options, _strings);
        _csv = new CsvLine(options, _strings);
    }

    /// <summary>Appends the samples of a payload to an observation whose receipt time is set.</summary>
    /// <param name="point">Name of the one value's point, and prefix of others'; empty when the topic has none.</param>
    /// <param name="batch">Told which samples are personal.</param>
    public PayloadVerdict Map(ReadOnlySpan<byte> payload, string point, Observation into, SourceBatch batch)
    {
        if (payload.StartsWith("\uFEFF"u8))
        {
            payload = payload[3..]; // a byte order mark, as Windows tools write it
        }

        if (payload.IsEmpty)
        {
            return PayloadVerdict.Empty;
        }

        switch (_options.Format)
        {
            case PayloadFormat.Json:
                return _json.Map(payload, point, into, batch);
            case PayloadFormat.Csv:
                return _csv.Map(payload, point, into, batch);
            case PayloadFormat.Number:
                return MapNumber(payload, point, into);
            default:
                if (!System.Text.Unicode.Utf8.IsValid(payload))
                {
                    return PayloadVerdict.NotText;
                }

                SampleOf(into, point, "text").Value = Encoding.UTF8.GetString(payload);
                return PayloadVerdict.Mapped;
        }
    }

    internal static Sample SampleOf(Observation into, string point, string type)
    {
        Sample sample = into.Samples.Add();
        sample.Point = point.Length == 0 ? "value" : point;
        sample.Type = type;
        sample.Value = default;
        sample.ObservedAtMicros = into.ReceivedAtMicros;
        sample.Clock = Clock.Connector;
        sample.Quality = Quality.Good;
        sample.Status = null;
        sample.Unit = null;
        return sample;
    }

    private PayloadVerdict MapNumber(ReadOnlySpan<byte> payload, string point, Observation into)
    {
        if (!NumberText.TryParse(payload.Trim(" \t\r\n\0"u8), _options.DecimalComma, out SampleValue value))
        {
            return PayloadVerdict.NotNumber;
        }

        SampleOf(into, point, "number").Value = value;
        return PayloadVerdict.Mapped;
    }
}

using System.Globalization;
using System.Text;
using Fabric.Connectors.Runner;
using Fabric.Schemas;

namespace Fabric.Simulation.Plant;

/// <summary>
/// What a plant says, message by message, and what was acknowledged to it: the book that the tables are compared with. What a
/// message holds follows from its number alone.
/// </summary>
internal sealed class PlantLedger(int messages, TimeSpan interval, DateTimeOffset start)
{
    public const string Source = "sensors";

    /// <summary>Point nobody bound: in <c>raw</c>, not in <c>telemetry</c>.</summary>
    private const string UnboundPoint = "unbound";

    private const int Devices = 3;
    private const int SamplesMax = 4;
    private const int SlotsPerMessage = 10;

    public int Messages { get; } = messages;

    /// <summary>Messages before this one were acknowledged: the plant forgets them.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>What no plant may see: a connector that begins after messages it never made durable, or before acknowledged ones.</summary>
    public string? Violation { get; private set; }

    /// <summary>How many messages were published by then.</summary>
    public long PublishedBy(DateTimeOffset now) => Math.Clamp((long)((now - start) / interval), 0, Messages);

    public DateTimeOffset TimeOf(long message) => start + (interval * (message + 1));

    public void BeginAt(long message, string who)
    {
        if (message < Acknowledged)
        {
            Violation ??= $"{who} begins at message {message}, and {Acknowledged} were acknowledged: what lies between is lost";
        }
    }

    public void Acknowledge(long upTo) => Acknowledged = Math.Max(Acknowledged, upTo);

    public static bool IsMalformed(long message) => message % 37 == 36;

    public static string DeviceOf(long message) => $"dev-{Mix(message) % Devices}";

    /// <summary>The value of a sample: it names message and sample.</summary>
    public static long ValueOf(long message, int sample) => (message * SlotsPerMessage) + sample;

    public static int SamplesOf(long message) => 1 + (int)(Mix(message) / 7 % SamplesMax);

    public static string PointOf(long message, int sample) => Mix(message + sample) % 11 == 0 ? UnboundPoint : $"p{sample}";

    /// <summary>Values that must be in <c>raw</c>, each once.</summary>
    public IEnumerable<long> RawValues => Values(static (_, _) => true);

    /// <summary>Values that must be in <c>telemetry</c>, each once.</summary>
    public IEnumerable<long> TelemetryValues => Values(static (message, sample) => PointOf(message, sample) != UnboundPoint);

    public int Malformed => (int)Enumerable.Range(0, Messages).LongCount(static message => IsMalformed(message));

    /// <summary>Which signal each point of each device feeds, as a user would write it.</summary>
    public static string Twins()
    {
        var text = new StringBuilder("assets:\n");
        for (int device = 0; device < Devices; device++)
        {
            text.Append(CultureInfo.InvariantCulture, $"  - id: pump-{device}\n    model: Pump\n    path: acme/site/area/line/cell/pump-{device}\n    signals:\n");
            for (int point = 0; point < SamplesMax; point++)
            {
                text.Append(CultureInfo.InvariantCulture, $"      s{point}: {{ points: [{Source}/dev-{device}/p{point}] }}\n");
            }
        }

        return text.ToString();
    }

    /// <summary>Adds what a message says to a batch.</summary>
    public void Read(long message, SourceBatch batch, DateTimeOffset now)
    {
        if (IsMalformed(message))
        {
            batch.Rejections.Add(new Rejection(
                "PAYLOAD_NOT_JSON", "The payload is no JSON", DeviceOf(message), $"plant/{DeviceOf(message)}",
                Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"message {message} is torn"))));
            return;
        }

        Observation observation = batch.Observations.Add();
        observation.Samples.Clear();
        observation.Attributes.Clear();
        observation.Device = DeviceOf(message);
        observation.ReceivedAtMicros = Micros(now);
        observation.Delivery = Delivery.Live;
        for (int i = 0; i < SamplesOf(message); i++)
        {
            Sample sample = observation.Samples.Add();
            sample.Point = PointOf(message, i);
            sample.Value = ValueOf(message, i);
            sample.Type = "long";
            sample.ObservedAtMicros = Micros(TimeOf(message));
            sample.Clock = Clock.Device;
            sample.Quality = Quality.Good;
            sample.Status = null;
            sample.Unit = null;
        }
    }

    private IEnumerable<long> Values(Func<long, int, bool> isWanted)
    {
        for (long message = 0; message < Messages; message++)
        {
            for (int i = 0; !IsMalformed(message) && i < SamplesOf(message); i++)
            {
                if (isWanted(message, i))
                {
                    yield return ValueOf(message, i);
                }
            }
        }
    }

    private static long Mix(long number) => (long)((((ulong)number + 1) * 0x9E3779B97F4A7C15) >> 33);

    private static long Micros(DateTimeOffset at) => (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}

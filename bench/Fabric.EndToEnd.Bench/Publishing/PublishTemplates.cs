using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Fabric.EndToEnd.Bench.Publishing;

/// <summary>
/// PUBLISH packets (MQTT 3.1.1, QoS 1) made before the run, a number of moments of each device. Only packet id and time change when
/// one is sent, both of fixed width:
/// <code>
/// 0x32 | remaining length | topic length, topic | packet id | {"ts":1770000000000000,"flow":41.2,…}
/// </code>
/// </summary>
internal sealed class PublishTemplates
{
    /// <summary>Moments of each device; then they come again.</summary>
    public const int Moments = 64;

    private const int TimeDigits = 16;
    private const int Lines = 10;

    private readonly byte[] _bytes;
    private readonly int[] _starts;
    private readonly int[] _packetIdAt;

    private PublishTemplates(int devices, byte[] bytes, int[] starts, int[] packetIdAt)
    {
        Devices = devices;
        _bytes = bytes;
        _starts = starts;
        _packetIdAt = packetIdAt;
    }

    public int Devices { get; }

    public static string DeviceName(int device) => string.Create(CultureInfo.InvariantCulture, $"machine-{device:000}");

    public static string LineName(int device) => string.Create(CultureInfo.InvariantCulture, $"line-{device % Lines}");

    /// <summary>Makes the packets; same seed, same bytes.</summary>
    /// <param name="listing">Told each template as one line of JSON: template, device, values.</param>
    public static PublishTemplates Create(int devices, int seed, TextWriter listing)
    {
        var bytes = new MemoryStream();
        int[] starts = new int[(devices * Moments) + 1];
        int[] packetIdAt = new int[devices * Moments];
        var json = new StringBuilder();
        for (int device = 0; device < devices; device++)
        {
            var signals = new PlantSignals(new Random(seed + device));
            byte[] topic = Encoding.ASCII.GetBytes($"bench/{LineName(device)}/{DeviceName(device)}");
            for (int moment = 0; moment < Moments; moment++)
            {
                int template = (device * Moments) + moment;
                json.Clear();
                signals.WriteNext(json);
                listing.WriteLine($"{{\"template\":{template},\"device\":\"{DeviceName(device)}\",\"sent\":{{{json}}}}}");
                starts[template] = (int)bytes.Length;
                byte[] payload = Encoding.ASCII.GetBytes($"{{\"ts\":{new string('0', TimeDigits)},{json}}}");
                int length = 2 + topic.Length + 2 + payload.Length;
                bytes.Write([0x32, (byte)((length & 0x7f) | 0x80), (byte)(length >> 7), (byte)(topic.Length >> 8), (byte)topic.Length]);
                bytes.Write(topic);
                packetIdAt[template] = (int)bytes.Length - starts[template];
                bytes.Write([0, 0]);
                bytes.Write(payload);
            }
        }

        starts[^1] = (int)bytes.Length;
        return new PublishTemplates(devices, bytes.ToArray(), starts, packetIdAt);
    }

    public int LengthOf(int template) => _starts[template + 1] - _starts[template];

    /// <summary>Copies a packet and sets what changes.</summary>
    public void Write(int template, ushort packetId, long timeMicros, Span<byte> into)
    {
        const int timeAt = 2 + 6; // behind the packet id: {"ts":
        int at = _packetIdAt[template];
        _bytes.AsSpan(_starts[template], LengthOf(template)).CopyTo(into);
        BinaryPrimitives.WriteUInt16BigEndian(into[at..], packetId);
        Utf8Formatter.TryFormat(timeMicros, into.Slice(at + timeAt, TimeDigits), out _);
    }
}

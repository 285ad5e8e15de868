using System.Globalization;
using System.Text;
using Fabric.Kafka.Clients;

namespace Fabric.Streams;

/// <summary>
/// Writes refused records byte for byte, in clear, to a topic, with the reason in headers <c>quarantine.*</c> added to the
/// record's own. Not for personal data. A record that does not fit is described by headers alone.
/// </summary>
public sealed class TopicQuarantine(string topic) : IQuarantine
{
    public void Quarantine(in RejectedRecord rejected, IRecordSink sink)
    {
        var headers = new List<RecordHeader>(rejected.Headers)
        {
            Text("quarantine.topic", rejected.Origin.Partition.Topic ?? ""),
            Text("quarantine.partition", rejected.Origin.Partition.Partition.ToString(CultureInfo.InvariantCulture)),
            Text("quarantine.offset", rejected.Origin.Offset.ToString(CultureInfo.InvariantCulture)),
            Text("quarantine.rule", rejected.Rule.ToString()),
            Text("quarantine.node", rejected.Node),
            Text("quarantine.error", rejected.Cause.GetType().FullName ?? rejected.Cause.GetType().Name),
        };
        try
        {
            sink.Send(
                topic, null, rejected.Key, rejected.Key is not null, rejected.Value, rejected.Value is not null,
                Math.Max(rejected.TimestampMs, 0), headers);
        }
        catch (StreamsException tooLarge) when (tooLarge.Code == "RECORD_TOO_LARGE")
        {
            // The bytes stay where they were read; the headers say where that is.
            headers.RemoveRange(0, rejected.Headers.Count);
            headers.Add(Text("quarantine.omitted", ((rejected.Value?.Length ?? 0) + (rejected.Key?.Length ?? 0)).ToString(CultureInfo.InvariantCulture)));
            sink.Send(topic, null, default, false, default, false, Math.Max(rejected.TimestampMs, 0), headers);
        }
    }

    private static RecordHeader Text(string key, string value) => new(key, Encoding.UTF8.GetBytes(value));
}

using System.Buffers;
using System.Text;
using Fabric.Avro;
using Fabric.Core;
using Fabric.Governance.Quarantine;
using Fabric.Schemas;
using Fabric.Streams;
using Fabric.Topologies.Serdes;

namespace Fabric.Topologies.Quarantine;

/// <summary>
/// Puts what a topology could not process on the <c>quarantine</c> topic, in the same transaction: byte for byte, encrypted,
/// with the kind of the failure. The exception's message stays out: it may quote the record.
/// </summary>
/// <remarks>Thread-safe.</remarks>
public sealed class EncryptedQuarantine(string fabric, string topology, SchemaIds ids, QuarantineRecords records) : IQuarantine
{
    private readonly string _topic = $"{fabric}.quarantine";
    private readonly string _component = $"topology:{topology}";
    private readonly byte[] _key = Encoding.UTF8.GetBytes(RecordKey.Join(topology));
    private readonly AvroSerde<QuarantinedRecord> _serde = new(ids);

    public void Quarantine(in RejectedRecord rejected, IRecordSink sink)
    {
        string code = (rejected.Cause as FabricException)?.Code ?? rejected.Cause.GetType().Name;
        QuarantinedRecord record = records.Create(
            _component, RuleOf(rejected.Rule), $"{code} in step {rejected.Node} of task {rejected.Task}", rejected.Key,
            rejected.Value);
        record.Topic = rejected.Origin.Partition.Topic;
        record.Partition = rejected.Origin.Partition.Partition;
        record.Offset = rejected.Origin.Offset;
        record.SchemaId =
            ConfluentFraming.TryRead(rejected.Value, out int schemaId, out _) == FramingResult.Ok ? schemaId : null;
        var value = new ArrayBufferWriter<byte>();
        _serde.Serialize(record, new SerdeContext(_topic, IsKey: false), value);
        sink.Send(
            _topic, null, _key, hasKey: true, value.WrittenSpan, hasValue: true, record.QuarantinedAtMicros / 1000, null);
    }

    private static string RuleOf(RejectionRule rule) => rule switch
    {
        RejectionRule.Deserialization => "DESERIALIZATION",
        RejectionRule.Timestamp => "TIMESTAMP",
        RejectionRule.Processing => "PROCESSING",
        RejectionRule.Serialization => "SERIALIZATION",
        RejectionRule.TooLarge => "TOO_LARGE",
        _ => "PUNCTUATION",
    };
}

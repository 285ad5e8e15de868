using Fabric.Core;
using Fabric.Kafka.Clients;

namespace Fabric.Streams;

/// <summary>Why a record could not be processed.</summary>
public enum RejectionRule
{
    /// <summary>Its bytes are not what the serde expects.</summary>
    Deserialization,

    /// <summary>It has no event time, or one before 1970.</summary>
    Timestamp,

    /// <summary>A step threw.</summary>
    Processing,

    /// <summary>A result could not be turned into bytes.</summary>
    Serialization,

    /// <summary>A result is larger than a record may be.</summary>
    TooLarge,

    /// <summary>A punctuator threw. There is no record.</summary>
    Punctuation,
}

/// <summary>A record that was refused, as it was read: nothing of it was written and no state was changed by it.</summary>
/// <param name="Origin">Where it was read.</param>
/// <param name="TimestampMs">Its timestamp as it stands in Kafka; -1 when it has none.</param>
/// <param name="Key">Byte for byte; null when it has none.</param>
/// <param name="Value">Byte for byte; null for a tombstone.</param>
/// <param name="Node">The step of the topology that refused.</param>
/// <param name="Cause">What was thrown. Its message may quote the record: do not write it in clear.</param>
public readonly record struct RejectedRecord(
    RecordOrigin Origin, long TimestampMs, byte[]? Key, byte[]? Value, IReadOnlyList<RecordHeader> Headers,
    RejectionRule Rule, string Node, TaskId Task, Exception Cause);

/// <summary>
/// Takes what could not be processed, inside the same transaction, so that it is neither lost nor doubled, and processing
/// goes on. Thread-safe. What it throws stops the stream thread, which starts over and meets the record again.
/// </summary>
public interface IQuarantine
{
    void Quarantine(in RejectedRecord rejected, IRecordSink sink);
}

/// <summary>Writes into the transaction that is open.</summary>
public interface IRecordSink
{
    /// <summary>Copies what it needs before it returns.</summary>
    /// <param name="partition">Null: by murmur2 of the key.</param>
    /// <exception cref="StreamsException">Code <c>RECORD_TOO_LARGE</c>: nothing was written; write something smaller.</exception>
    void Send(
        string topic, int? partition, ReadOnlySpan<byte> key, bool hasKey, ReadOnlySpan<byte> value, bool hasValue,
        long timestampMs, IReadOnlyList<RecordHeader>? headers);
}

using System.Buffers.Binary;

namespace Fabric.Kafka.Log;

/// <summary>
/// The one record of a control batch, which ends a transaction: key = version i16 0, type i16 (0 abort, 1 commit); value =
/// version i16 0, coordinator epoch i32. It takes one offset.
/// </summary>
internal static class ControlRecord
{
    private const short AbortType = 0;
    private const short CommitType = 1;
    private const int KeyBytes = 4;
    private const int ValueBytes = 6;

    public static byte[] Build(long producerId, short producerEpoch, bool isCommit, int coordinatorEpoch, long nowMs)
    {
        byte[] key = new byte[KeyBytes];
        BinaryPrimitives.WriteInt16BigEndian(key.AsSpan(2), isCommit ? CommitType : AbortType);
        byte[] value = new byte[ValueBytes];
        BinaryPrimitives.WriteInt32BigEndian(value.AsSpan(2), coordinatorEpoch);
        var builder = new RecordBatchBuilder
        {
            ProducerId = producerId,
            ProducerEpoch = producerEpoch,
            Flags = RecordBatchHeader.TransactionalBit | RecordBatchHeader.ControlBit,
        };
        return builder.Add(key, value, nowMs).ToArray();
    }

    /// <summary>False when the batch does not hold a marker this version knows.</summary>
    public static bool TryRead(ReadOnlySpan<byte> batch, out bool isCommit, out int coordinatorEpoch)
    {
        RecordEnumerator records = RecordBatchRecords.Enumerate(batch);
        isCommit = false;
        coordinatorEpoch = -1;
        if (!records.MoveNext() || records.Current.Key.Length < KeyBytes)
        {
            return false;
        }

        short type = BinaryPrimitives.ReadInt16BigEndian(records.Current.Key[2..]);
        isCommit = type == CommitType;
        if (records.Current.Value.Length >= ValueBytes)
        {
            coordinatorEpoch = BinaryPrimitives.ReadInt32BigEndian(records.Current.Value[2..]);
        }

        return type is AbortType or CommitType;
    }
}

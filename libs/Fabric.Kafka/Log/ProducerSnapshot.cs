using System.Buffers.Binary;

namespace Fabric.Kafka.Log;

/// <summary>
/// The producers of a log before an offset, written when a segment is closed so that a start replays little. Body of a
/// <see cref="CheckedFile"/>, little-endian:
/// <code>
/// offset i64 | producerCount i32 | producers { producerId i64, epoch i16, mustStartAtZero u8, batchCount u8,
///   coordinatorEpoch i32, lastAppendMs i64, transactionFirstOffset i64 (-1 none),
///   batches, oldest first { firstSequence i32, lastSequence i32, baseOffset i64, lastOffset i64, timestamp i64 } }
/// </code>
/// </summary>
internal static class ProducerSnapshot
{
    private const uint Magic = 0x4F525046; // "FPRO"
    private const ushort Version = 1;
    private const int HeaderBytes = 12;
    private const int ProducerBytes = 32;
    private const int BatchBytes = 32;

    /// <summary>The state as bytes, taken on the loop; another thread may write them.</summary>
    public static byte[] Encode(ProducerStates states, long offset)
    {
        byte[] body = new byte[HeaderBytes + (states.Count * (ProducerBytes + (ProducerState.BatchesKept * BatchBytes)))];
        BinaryPrimitives.WriteInt64LittleEndian(body, offset);
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(8), states.Count);
        int at = HeaderBytes;
        foreach (ProducerState state in states.All)
        {
            at += EncodeProducer(state, body.AsSpan(at));
        }

        return body.AsSpan(0, at).ToArray();
    }

    public static void Write(ILogFiles files, string path, ReadOnlySpan<byte> body) =>
        CheckedFile.Write(files, path, Magic, Version, body);

    /// <summary>The producers before <paramref name="offset"/>; null when the file is missing or not whole.</summary>
    public static ProducerStates? TryRead(ILogFiles files, string path, long offset)
    {
        byte[]? body = CheckedFile.TryRead(files, path, Magic, Version);
        if (body is null || body.Length < HeaderBytes || BinaryPrimitives.ReadInt64LittleEndian(body) != offset)
        {
            return null;
        }

        var states = new ProducerStates();
        int count = BinaryPrimitives.ReadInt32LittleEndian(body.AsSpan(8));
        ReadOnlySpan<byte> rest = body.AsSpan(HeaderBytes);
        for (int i = 0; i < count; i++)
        {
            if (!TryDecodeProducer(ref rest, out ProducerState? state))
            {
                return null;
            }

            states.Restore(state);
        }

        return rest.IsEmpty ? states : null;
    }

    private static int EncodeProducer(ProducerState state, Span<byte> to)
    {
        BinaryPrimitives.WriteInt64LittleEndian(to, state.ProducerId);
        BinaryPrimitives.WriteInt16LittleEndian(to[8..], state.Epoch);
        to[10] = state.MustStartAtZero ? (byte)1 : (byte)0;
        to[11] = (byte)state.BatchCount;
        BinaryPrimitives.WriteInt32LittleEndian(to[12..], state.CoordinatorEpoch);
        BinaryPrimitives.WriteInt64LittleEndian(to[16..], state.LastAppendMs);
        BinaryPrimitives.WriteInt64LittleEndian(to[24..], state.TransactionFirstOffset);
        int at = ProducerBytes;
        for (int ago = state.BatchCount - 1; ago >= 0; ago--)
        {
            ProducerBatch batch = state[ago];
            BinaryPrimitives.WriteInt32LittleEndian(to[at..], batch.FirstSequence);
            BinaryPrimitives.WriteInt32LittleEndian(to[(at + 4)..], batch.LastSequence);
            BinaryPrimitives.WriteInt64LittleEndian(to[(at + 8)..], batch.BaseOffset);
            BinaryPrimitives.WriteInt64LittleEndian(to[(at + 16)..], batch.LastOffset);
            BinaryPrimitives.WriteInt64LittleEndian(to[(at + 24)..], batch.TimestampMs);
            at += BatchBytes;
        }

        return at;
    }

    private static bool TryDecodeProducer(
        ref ReadOnlySpan<byte> rest, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ProducerState? state)
    {
        state = null;
        if (rest.Length < ProducerBytes
            || rest[11] > ProducerState.BatchesKept
            || rest.Length < ProducerBytes + (rest[11] * BatchBytes))
        {
            return false;
        }

        state = new ProducerState(BinaryPrimitives.ReadInt64LittleEndian(rest));
        state.StartEpoch(BinaryPrimitives.ReadInt16LittleEndian(rest[8..]));
        int batchCount = rest[11];
        for (int i = 0; i < batchCount; i++)
        {
            ReadOnlySpan<byte> batch = rest[(ProducerBytes + (i * BatchBytes))..];
            state.Add(new ProducerBatch(
                BinaryPrimitives.ReadInt32LittleEndian(batch),
                BinaryPrimitives.ReadInt32LittleEndian(batch[4..]),
                BinaryPrimitives.ReadInt64LittleEndian(batch[8..]),
                BinaryPrimitives.ReadInt64LittleEndian(batch[16..]),
                BinaryPrimitives.ReadInt64LittleEndian(batch[24..])));
        }

        state.MustStartAtZero = rest[10] != 0;
        state.CoordinatorEpoch = BinaryPrimitives.ReadInt32LittleEndian(rest[12..]);
        state.LastAppendMs = BinaryPrimitives.ReadInt64LittleEndian(rest[16..]);
        state.TransactionFirstOffset = BinaryPrimitives.ReadInt64LittleEndian(rest[24..]);
        rest = rest[(ProducerBytes + (batchCount * BatchBytes))..];
        return true;
    }
}

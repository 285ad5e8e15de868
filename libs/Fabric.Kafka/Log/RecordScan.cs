namespace Fabric.Kafka.Log;

/// <summary>
/// Whether the bytes after a header are records, as <see cref="RecordBatchRecords"/> draws them: the check every uncompressed batch
/// passes on its way in, so it makes nothing of what it reads.
/// </summary>
internal static class RecordScan
{
    /// <param name="payload">All bytes after the header.</param>
    /// <param name="count">How many records they must be, with offset deltas from 0 on.</param>
    /// <param name="baseTimestampMs">What the records' timestamps count from.</param>
    /// <param name="requireKeys">Every record needs a key.</param>
    /// <param name="maxTimestampMs">The greatest timestamp among them.</param>
    public static bool AreRecords(
        ReadOnlySpan<byte> payload, int count, long baseTimestampMs, bool requireKeys, out long maxTimestampMs)
    {
        maxTimestampMs = long.MinValue;
        int at = 0;
        for (int i = 0; i < count; i++)
        {
            if (!Varint.TryReadAt(payload, ref at, out int length) || length < 1 || length > payload.Length - at)
            {
                return false;
            }

            if (!IsRecord(payload.Slice(at, length), i, requireKeys, out long timestampDelta))
            {
                return false;
            }

            maxTimestampMs = Math.Max(maxTimestampMs, unchecked(baseTimestampMs + timestampDelta));
            at += length;
        }

        return at == payload.Length;
    }

    private static bool IsRecord(ReadOnlySpan<byte> body, int index, bool requireKeys, out long timestampDelta)
    {
        int at = 1; // the attributes have no meaning yet
        return TryReadTimestamp(body, ref at, out timestampDelta)
            && Varint.TryReadAt(body, ref at, out int offsetDelta) && offsetDelta == index
            && TrySkipBytes(body, ref at, lengthMin: requireKeys ? 0 : -1)
            && TrySkipBytes(body, ref at, lengthMin: -1)
            && Varint.TryReadAt(body, ref at, out int headers) && headers >= 0
            && AreHeaders(body, at, headers);
    }

    private static bool AreHeaders(ReadOnlySpan<byte> body, int at, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (!TrySkipBytes(body, ref at, lengthMin: 0) || !TrySkipBytes(body, ref at, lengthMin: -1))
            {
                return false;
            }
        }

        return at == body.Length;
    }

    private static bool TrySkipBytes(ReadOnlySpan<byte> body, ref int at, int lengthMin)
    {
        if (!Varint.TryReadAt(body, ref at, out int length) || length < lengthMin || length > body.Length - at)
        {
            return false;
        }

        at += Math.Max(length, 0);
        return true;
    }

    // A varlong: the only one in a record.
    private static bool TryReadTimestamp(ReadOnlySpan<byte> body, ref int at, out long delta)
    {
        if (at < body.Length && body[at] < 0x80)
        {
            int zigzag = body[at++];
            delta = (zigzag >> 1) ^ -(zigzag & 1);
            return true;
        }

        ReadOnlySpan<byte> rest = body[at..];
        bool isRead = Varint.TryRead(ref rest, out delta);
        at = body.Length - rest.Length;
        return isRead;
    }
}

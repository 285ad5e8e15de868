namespace Fabric.Kafka.Log;

/// <summary>
/// Whether the bytes after a header are records, as <see cref="RecordBatchRecords"/> draws them: the check every uncompressed batch
/// passes on its way in, so it makes nothing of what it reads.
/// </summary>
internal static class RecordScan
{
    /// <param name="payload">All bytes after the header.</param>
    /// <param name="count">How many records they must be, with offset deltas from 0 on.</param>
    /// <param name="requireKeys">Every record needs a key.</param>
    public static bool AreRecords(ReadOnlySpan<byte> payload, int count, bool requireKeys)
    {
        int at = 0;
        for (int i = 0; i < count; i++)
        {
            if (!Varint.TryReadAt(payload, ref at, out int length) || length < 1 || length > payload.Length - at)
            {
                return false;
            }

            if (!IsRecord(payload.Slice(at, length), i, requireKeys))
            {
                return false;
            }

            at += length;
        }

        return at == payload.Length;
    }

    private static bool IsRecord(ReadOnlySpan<byte> body, int index, bool requireKeys)
    {
        int at = 1; // the attributes have no meaning yet
        return TrySkipTimestamp(body, ref at)
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
    private static bool TrySkipTimestamp(ReadOnlySpan<byte> body, ref int at)
    {
        if (at < body.Length && body[at] < 0x80)
        {
            at++;
            return true;
        }

        ReadOnlySpan<byte> rest = body[at..];
        bool isRead = Varint.TryRead(ref rest, out long _);
        at = body.Length - rest.Length;
        return isRead;
    }
}

using System.Buffers.Binary;
using Fabric.Kafka.Log;

namespace Fabric.Kafka.Tests.Log;

/// <summary>Changes valid batches where it may hurt: fields of the header, lengths of records, single bits, both ends.</summary>
internal sealed class BatchMutator(Random random, IReadOnlyList<byte[]> corpus)
{
    private static readonly (int At, int Size)[] Fields =
        [(0, 8), (8, 4), (12, 4), (16, 1), (17, 4), (21, 2), (23, 4), (27, 8), (35, 8), (43, 8), (51, 2), (53, 4), (57, 4)];

    private static readonly long[] Interesting =
        [0, 1, -1, 2, 3, 4, 5, 127, 128, 255, short.MaxValue, short.MinValue, int.MaxValue, int.MinValue, long.MaxValue, long.MinValue];

    /// <summary>Mutates one or more times; three quarters of the results have a right length and checksum again.</summary>
    public byte[] Next()
    {
        byte[] batch = corpus[random.Next(corpus.Count)].ToArray();
        bool fix = random.Next(4) != 0;
        for (int i = random.Next(1, 4); i > 0 && batch.Length > 0; i--)
        {
            batch = Mutate(batch);
        }

        if (fix)
        {
            Fix(batch);
        }

        return batch;
    }

    /// <summary>Makes magic, length and checksum right, as far as there is room for them.</summary>
    public static void Fix(byte[] batch)
    {
        if (batch.Length >= RecordBatchHeader.SizeBytes)
        {
            batch[16] = RecordBatchHeader.CurrentMagic;
            BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), batch.Length - RecordBatchHeader.LengthEnd);
            RecordBatchHeader.WriteCrc(batch);
        }
    }

    private byte[] Mutate(byte[] batch)
    {
        int at = random.Next(batch.Length);
        switch (random.Next(8))
        {
            case 0:
                SetField(batch);
                return batch;
            case 1:
                batch[at] ^= (byte)(1 << random.Next(8));
                return batch;
            case 2:
                batch[at] = (byte)random.Next(256);
                return batch;
            case 3:
                return batch[..at];
            case 4:
                return [.. batch, .. corpus[random.Next(corpus.Count)]];
            case 5: // repeat or leave out a piece of the records
                int from = Math.Min(RecordBatchHeader.SizeBytes, batch.Length);
                int to = random.Next(from, batch.Length + 1);
                return [.. batch[..to], .. batch[random.Next(from, batch.Length + 1)..]];
            case 6: // a varint that is not one
                batch.AsSpan(at, Math.Min(random.Next(1, 12), batch.Length - at)).Fill(0xff);
                return batch;
            default:
                if (batch.Length > RecordBatchHeader.SizeBytes)
                {
                    batch[random.Next(RecordBatchHeader.SizeBytes, batch.Length)] += (byte)random.Next(-3, 4);
                }

                return batch;
        }
    }

    private void SetField(byte[] batch)
    {
        (int at, int size) = Fields[random.Next(Fields.Length)];
        if (at + size > batch.Length)
        {
            return;
        }

        byte[] value = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(value, Interesting[random.Next(Interesting.Length)]);
        value.AsSpan(8 - size).CopyTo(batch.AsSpan(at));
    }
}

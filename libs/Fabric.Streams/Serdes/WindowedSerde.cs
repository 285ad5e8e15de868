using System.Buffers;
using System.Buffers.Binary;

namespace Fabric.Streams;

internal sealed class WindowedSerde<K>(ISerde<K> inner, TimeSpan windowSize) : ISerde<Windowed<K>>
{
    private readonly long _sizeMs = (long)windowSize.TotalMilliseconds;

    public void Serialize(Windowed<K> value, in SerdeContext context, IBufferWriter<byte> output)
    {
        inner.Serialize(value.Key, context, output);
        BinaryPrimitives.WriteInt64BigEndian(output.GetSpan(8), value.StartMs);
        output.Advance(8);
    }

    public Windowed<K> Deserialize(ReadOnlySpan<byte> data, in SerdeContext context)
    {
        if (data.Length < 8)
        {
            throw new StreamsException("SERDE_LENGTH", $"Expected 8 bytes or more, found {data.Length}", context.Topic);
        }

        long startMs = BinaryPrimitives.ReadInt64BigEndian(data[^8..]);
        return new Windowed<K>(inner.Deserialize(data[..^8], context), startMs, startMs + _sizeMs, 0, Completeness.Partial);
    }
}

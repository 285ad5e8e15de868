using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Fabric.Streams;

/// <summary>The serdes that need no schema. All are stateless and thread-safe; numbers are big-endian, as in Kafka.</summary>
public static class Serdes
{
    /// <summary>The bytes as they are.</summary>
    public static ISerde<byte[]> Bytes { get; } = new BytesSerde();

    /// <summary>UTF-8; malformed bytes are refused.</summary>
    public static ISerde<string> String { get; } = new StringSerde();

    public static ISerde<int> Int { get; } = new IntSerde();

    public static ISerde<long> Long { get; } = new LongSerde();

    public static ISerde<double> Double { get; } = new DoubleSerde();

    /// <summary>Key bytes, then the window's start as 8 bytes big-endian, as Kafka's TimeWindowedSerializer.</summary>
    public static ISerde<Windowed<K>> Windowed<K>(ISerde<K> inner, TimeSpan windowSize) =>
        new WindowedSerde<K>(inner, windowSize);

    /// <summary>The serde of a built-in type; null for any other.</summary>
    internal static ISerde<T>? Default<T>() =>
        (object)Bytes as ISerde<T> ?? (object)String as ISerde<T> ?? (object)Int as ISerde<T>
        ?? (object)Long as ISerde<T> ?? (object)Double as ISerde<T>;

    private sealed class BytesSerde : IOwningSerde<byte[]>
    {
        public void Serialize(byte[] value, in SerdeContext context, IBufferWriter<byte> output) => output.Write(value);

        public byte[] Deserialize(ReadOnlySpan<byte> data, in SerdeContext context) => data.ToArray();

        public byte[] DeserializeOwned(byte[] data, in SerdeContext context) => data;
    }

    private sealed class StringSerde : ISerde<string>
    {
        private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

        public void Serialize(string value, in SerdeContext context, IBufferWriter<byte> output) =>
            Strict.GetBytes(value, output);

        public string Deserialize(ReadOnlySpan<byte> data, in SerdeContext context) => Strict.GetString(data);
    }

    private sealed class IntSerde : ISerde<int>
    {
        public void Serialize(int value, in SerdeContext context, IBufferWriter<byte> output)
        {
            BinaryPrimitives.WriteInt32BigEndian(output.GetSpan(4), value);
            output.Advance(4);
        }

        public int Deserialize(ReadOnlySpan<byte> data, in SerdeContext context) =>
            BinaryPrimitives.ReadInt32BigEndian(Exactly(data, 4, context));
    }

    private sealed class LongSerde : ISerde<long>
    {
        public void Serialize(long value, in SerdeContext context, IBufferWriter<byte> output)
        {
            BinaryPrimitives.WriteInt64BigEndian(output.GetSpan(8), value);
            output.Advance(8);
        }

        public long Deserialize(ReadOnlySpan<byte> data, in SerdeContext context) =>
            BinaryPrimitives.ReadInt64BigEndian(Exactly(data, 8, context));
    }

    private sealed class DoubleSerde : ISerde<double>
    {
        public void Serialize(double value, in SerdeContext context, IBufferWriter<byte> output)
        {
            BinaryPrimitives.WriteDoubleBigEndian(output.GetSpan(8), value);
            output.Advance(8);
        }

        public double Deserialize(ReadOnlySpan<byte> data, in SerdeContext context) =>
            BinaryPrimitives.ReadDoubleBigEndian(Exactly(data, 8, context));
    }

    private static ReadOnlySpan<byte> Exactly(ReadOnlySpan<byte> data, int length, in SerdeContext context) =>
        data.Length == length
            ? data
            : throw new StreamsException(
                "SERDE_LENGTH", $"Expected {length} bytes, found {data.Length}", $"{context.Topic} {(context.IsKey ? "key" : "value")}");
}

using System.Buffers;

namespace Fabric.Streams;

/// <summary>Where the bytes stand: a schema registry names its subjects after it.</summary>
public readonly record struct SerdeContext(string Topic, bool IsKey);

/// <summary>Turns values into bytes and back. Null never reaches it: a missing key or a tombstone has no bytes.</summary>
/// <remarks>One instance serves all tasks of a topology at once: implementations are thread-safe.</remarks>
public interface ISerde<T>
{
    /// <summary>Appends the bytes of a value. Throws what it likes when the value does not fit: the record is quarantined.</summary>
    void Serialize(T value, in SerdeContext context, IBufferWriter<byte> output);

    /// <param name="data">Valid during the call alone.</param>
    T Deserialize(ReadOnlySpan<byte> data, in SerdeContext context);
}

/// <summary>
/// A serde that may keep the array it is given instead of copying: records read from Kafka belong to who receives them.
/// </summary>
public interface IOwningSerde<T> : ISerde<T>
{
    /// <param name="data">The receiver's from now on; never written to again by anybody else.</param>
    T DeserializeOwned(byte[] data, in SerdeContext context);
}

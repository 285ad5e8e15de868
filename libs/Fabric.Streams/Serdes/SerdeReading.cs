namespace Fabric.Streams;

internal static class SerdeReading
{
    /// <summary>Decodes an array that the caller gives away.</summary>
    public static T Read<T>(this ISerde<T> serde, byte[] data, in SerdeContext context) =>
        serde is IOwningSerde<T> owning ? owning.DeserializeOwned(data, context) : serde.Deserialize(data, context);
}

using System.Buffers.Binary;

namespace Fabric.Kafka.Protocol;

/// <summary>
/// The header of a request.
/// <code>
/// request  := size int32 | header | body
/// header   := apiKey int16 | apiVersion int16 | correlationId int32        (v0, ControlledShutdown 0 alone: not spoken)
///             | clientId nullable string, int16 length even when flexible  (v1)
///             | tagged fields                                              (v2: flexible versions)
/// response := size int32 | correlationId int32 | tagged fields (flexible, but never for ApiVersions) | body
/// </code>
/// Source: Kafka protocol guide, RequestHeader.json; KIP-511 for ApiVersions.
/// </summary>
internal readonly record struct RequestHeader(short ApiKey, short ApiVersion, int CorrelationId)
{
    /// <summary>Size of the part every version shares.</summary>
    public const int FixedBytes = 8;

    /// <summary>Reads the part that every version shares.</summary>
    /// <exception cref="ProtocolException">Fewer than <see cref="FixedBytes"/> bytes.</exception>
    public static RequestHeader ReadFixed(ReadOnlySpan<byte> frame) =>
        frame.Length < FixedBytes
            ? throw new ProtocolException($"Expected a request header of {FixedBytes} bytes, found {frame.Length}")
            : new RequestHeader(
                BinaryPrimitives.ReadInt16BigEndian(frame),
                BinaryPrimitives.ReadInt16BigEndian(frame[2..]),
                BinaryPrimitives.ReadInt32BigEndian(frame[4..]));

    /// <summary>Reads the rest of the header; returns the bytes of the frame before the body.</summary>
    /// <exception cref="ProtocolException">The header is malformed.</exception>
    public static int ReadRest(ReadOnlySpan<byte> frame, bool isFlexible, out string? clientId)
    {
        var plain = new KafkaReader(frame[FixedBytes..], isFlexible: false);
        clientId = plain.ReadNullableString();
        int bodyAt = FixedBytes + plain.Position;
        if (!isFlexible)
        {
            return bodyAt;
        }

        var flexible = new KafkaReader(frame[bodyAt..], isFlexible: true);
        flexible.SkipTags();
        return bodyAt + flexible.Position;
    }
}

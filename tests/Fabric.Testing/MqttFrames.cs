namespace Fabric.Testing;

/// <summary>
/// Cuts an MQTT byte stream into packets, and knows no more of them than the fixed header (MQTT 5.0 §2.1): type in the upper half of
/// byte 0, then the length of what follows, 7 bits a byte, least first.
/// </summary>
public static class MqttFrames
{
    /// <summary>The next packet whole; null where the stream ends.</summary>
    public static async Task<byte[]?> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] header = new byte[5];
        int length = 0;
        for (int at = 0; at < header.Length; at++)
        {
            if (await stream.ReadAtLeastAsync(header.AsMemory(at, 1), 1, throwOnEndOfStream: false, cancellationToken) == 0)
            {
                return null;
            }

            if (at > 0)
            {
                length |= (header[at] & 0x7F) << (7 * (at - 1));
                if (header[at] < 0x80)
                {
                    byte[] packet = new byte[at + 1 + length];
                    header.AsSpan(0, at + 1).CopyTo(packet);
                    int body = await stream.ReadAtLeastAsync(packet.AsMemory(at + 1), length, throwOnEndOfStream: false, cancellationToken);
                    return body == length ? packet : null;
                }
            }
        }

        throw new InvalidDataException("A packet's length has more than four bytes");
    }

    /// <summary>The name of a packet's type.</summary>
    public static string NameOf(ReadOnlySpan<byte> packet) => (packet[0] >> 4) switch
    {
        1 => "CONNECT", 2 => "CONNACK", 3 => "PUBLISH", 4 => "PUBACK", 5 => "PUBREC", 6 => "PUBREL", 7 => "PUBCOMP", 8 => "SUBSCRIBE",
        9 => "SUBACK", 10 => "UNSUBSCRIBE", 11 => "UNSUBACK", 12 => "PINGREQ", 13 => "PINGRESP", 14 => "DISCONNECT", _ => "AUTH",
    };
}

using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Fabric.Kafka.Bench;

/// <summary>Both ends of a ping-pong over blocking sockets.</summary>
internal sealed class PingPong(Socket socket) : IDisposable
{
    private const int HeadBytes = 8;

    private byte[] _buffer = new byte[2 << 20];

    public static PingPong Connect(IPEndPoint address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(address);
        return new PingPong(socket);
    }

    /// <summary>Sends as many bytes and waits for as many as are asked for.</summary>
    public void Ask(int requestBytes, int responseBytes)
    {
        BinaryPrimitives.WriteInt32BigEndian(_buffer, requestBytes);
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(4), responseBytes);
        Send(socket, _buffer.AsSpan(0, requestBytes));
        Receive(socket, _buffer.AsSpan(0, responseBytes));
    }

    /// <summary>The other end's part; false when the peer has left.</summary>
    public bool Answer()
    {
        if (!Receive(socket, _buffer.AsSpan(0, HeadBytes)))
        {
            return false;
        }

        int requestBytes = BinaryPrimitives.ReadInt32BigEndian(_buffer);
        int responseBytes = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(4));
        Receive(socket, _buffer.AsSpan(HeadBytes, requestBytes - HeadBytes));
        Send(socket, _buffer.AsSpan(0, responseBytes));
        return true;
    }

    public static void Send(Socket socket, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[socket.Send(bytes)..];
        }
    }

    /// <summary>Fills the span; false when the peer has left.</summary>
    public static bool Receive(Socket socket, Span<byte> into)
    {
        while (!into.IsEmpty)
        {
            int count = socket.Receive(into);
            if (count == 0)
            {
                return false;
            }

            into = into[count..];
        }

        return true;
    }

    public void Dispose() => socket.Dispose();
}

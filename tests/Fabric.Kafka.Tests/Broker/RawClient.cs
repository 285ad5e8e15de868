using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Fabric.Kafka.Tests.Broker;

/// <summary>A bare connection: frames out, frames in.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;

    private RawClient(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true) { ReadTimeout = 20_000, WriteTimeout = 20_000 };
    }

    public static RawClient Connect(IPEndPoint address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(address);
        return new RawClient(socket);
    }

    public void SendFrame(byte[] frame)
    {
        byte[] sized = new byte[4 + frame.Length];
        BinaryPrimitives.WriteInt32BigEndian(sized, frame.Length);
        frame.CopyTo(sized, 4);
        Send(sized);
    }

    public void Send(byte[] bytes) => _stream.Write(bytes);

    /// <summary>The next response; null when the broker has closed.</summary>
    public byte[]? Receive()
    {
        try
        {
            byte[] size = new byte[4];
            if (_stream.ReadAtLeast(size, 4, throwOnEndOfStream: false) < 4)
            {
                return null;
            }

            byte[] frame = new byte[BinaryPrimitives.ReadInt32BigEndian(size)];
            _stream.ReadExactly(frame);
            return frame;
        }
        catch (IOException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            return null;
        }
    }

    public void Dispose() => _stream.Dispose();
}

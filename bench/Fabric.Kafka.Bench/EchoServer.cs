using System.Net;
using System.Net.Sockets;

namespace Fabric.Kafka.Bench;

/// <summary>
/// The other end of a TCP ping-pong: for <c>request bytes int32, response bytes int32</c> and the request it sends the response.
/// One connection, blocking calls: the least that two processes can do.
/// </summary>
internal static class EchoServer
{
    public const string Role = "echo";

    public static int Serve()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Console.WriteLine(listener.LocalEndPoint);
        while (true)
        {
            using Socket socket = listener.Accept();
            socket.NoDelay = true;
            using var peer = new PingPong(socket);
            while (peer.Answer())
            {
            }
        }
    }
}

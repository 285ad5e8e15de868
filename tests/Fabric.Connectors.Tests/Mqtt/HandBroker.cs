using System.Net;
using System.Net.Sockets;
using System.Text;
using Fabric.Testing;

namespace Fabric.Connectors.Tests.Mqtt;

/// <summary>
/// A broker of MQTT 3.1.1 that a test plays byte by byte, for what real ones do not do on demand: it says whether it has the session,
/// and which packet ids and DUP flags its messages bear.
/// </summary>
internal sealed class HandBroker : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public HandBroker() => _listener.Start();

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Accepts a connection, CONNECT and, where it comes, SUBSCRIBE.</summary>
    public async Task<Line> AcceptAsync(bool sessionPresent)
    {
        using var bound = new CancellationTokenSource(Signal.Bound);
        var line = new Line(await _listener.AcceptTcpClientAsync(bound.Token));
        await line.ReadAsync("CONNECT");
        await line.SendAsync([0x20, 2, sessionPresent ? (byte)1 : (byte)0, 0]);
        byte[] subscribe = await line.ReadAsync("SUBSCRIBE");
        await line.SendAsync([0x90, 3, subscribe[2], subscribe[3], 1]);
        return line;
    }

    public void Dispose() => _listener.Dispose();

    internal sealed class Line(TcpClient socket) : IDisposable
    {
        /// <summary>Whether the client has sent something that was not read yet.</summary>
        public bool HasUnread => socket.Available > 0;

        public Task SendAsync(byte[] packet) => socket.GetStream().WriteAsync(packet).AsTask();

        /// <summary>PUBLISH at QoS 1.</summary>
        public Task PublishAsync(ushort packetId, bool dup, string topic, string payload) => SendAsync(
        [
            dup ? (byte)0x3A : (byte)0x32, (byte)(4 + topic.Length + payload.Length), 0, (byte)topic.Length, .. Encoding.ASCII.GetBytes(topic),
            (byte)(packetId >> 8), (byte)packetId, .. Encoding.ASCII.GetBytes(payload),
        ]);

        /// <summary>The next packet of this type; PINGREQ is answered on the way.</summary>
        public async Task<byte[]> ReadAsync(string type)
        {
            using var bound = new CancellationTokenSource(Signal.Bound);
            while (await MqttFrames.ReadAsync(socket.GetStream(), bound.Token) is { } packet)
            {
                if (MqttFrames.NameOf(packet) == type)
                {
                    return packet;
                }

                Assert.Equal("PINGREQ", MqttFrames.NameOf(packet));
                await SendAsync([0xD0, 0]);
            }

            throw new InvalidOperationException($"The client hung up without {type}");
        }

        /// <summary>The packet id of the next PUBACK.</summary>
        public async Task<int> ReadPubackAsync()
        {
            byte[] packet = await ReadAsync("PUBACK");
            return (packet[2] << 8) | packet[3];
        }

        public void Dispose() => socket.Dispose();
    }
}

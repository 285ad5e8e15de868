using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Fabric.Devices.Mqtt;
using Fabric.Devices.Mqtt.Packets;
using Fabric.Devices.Tests.Mqtt.Packets;

namespace Fabric.Devices.Tests.Mqtt;

/// <summary>The broker's side of the wire, played by the test: for what real brokers do not do on demand.</summary>
internal sealed class ScriptedBroker : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public ScriptedBroker() => _listener.Start();

    public Uri Url => new($"mqtt://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public async Task<Line> AcceptAsync(MqttProtocolVersion version = MqttProtocolVersion.V5)
    {
        using var timeout = new CancellationTokenSource(MqttClientFixture.Bound);
        return new Line(await _listener.AcceptTcpClientAsync(timeout.Token), version);
    }

    /// <summary>Accepts, reads CONNECT and answers it.</summary>
    public async Task<Line> AcceptAsync(ConnackPacket answer, MqttProtocolVersion version = MqttProtocolVersion.V5)
    {
        Line line = await AcceptAsync(version);
        line.Connect = await line.ReadAsync<ConnectPacket>();
        await line.SendAsync(answer);
        return line;
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>One connection.</summary>
    internal sealed class Line(TcpClient socket, MqttProtocolVersion version) : IDisposable
    {
        private readonly NetworkStream _stream = socket.GetStream();
        private readonly byte[] _bytes = new byte[1 << 20];
        private int _have;

        public ConnectPacket? Connect { get; set; }

        /// <summary>How many times the socket was read so far: one write of the client is one read here, as a rule.</summary>
        public int Reads { get; private set; }

        public Task SendAsync(params MqttPacket[] packets) =>
            SendAsync([.. packets.SelectMany(packet => PacketBytes.Encode(packet, version))]);

        public Task SendAsync(byte[] bytes) => _stream.WriteAsync(bytes).AsTask();

        public async Task<TPacket> ReadAsync<TPacket>()
            where TPacket : MqttPacket
        {
            MqttPacket? packet = await ReadAsync(answersPings: typeof(TPacket) != typeof(PingreqPacket));
            return packet as TPacket ?? throw new InvalidOperationException($"Expected {typeof(TPacket).Name}, got {packet}");
        }

        /// <summary>The next packet, null when the client closed; a PINGREQ is answered and passed over unless it is asked for.</summary>
        public async Task<MqttPacket?> ReadAsync(bool answersPings = true)
        {
            using var timeout = new CancellationTokenSource(MqttClientFixture.Bound);
            while (true)
            {
                FrameStatus status = PacketDecoder.TryDecode(
                    new ReadOnlySequence<byte>(_bytes, 0, _have), version, _bytes.Length,
                    out MqttPacket? packet, out int consumed, out Malformed malformed);
                if (status == FrameStatus.Done)
                {
                    _bytes.AsSpan(consumed, _have - consumed).CopyTo(_bytes);
                    _have -= consumed;
                    if (packet is PingreqPacket && answersPings)
                    {
                        await SendAsync(PingrespPacket.Instance);
                        continue;
                    }

                    return packet;
                }

                Assert.NotEqual(FrameStatus.Malformed, status);
                int read;
                try
                {
                    read = await _stream.ReadAsync(_bytes.AsMemory(_have), timeout.Token);
                }
                catch (IOException)
                {
                    return null;
                }

                if (read == 0)
                {
                    return null;
                }

                Reads++;
                _have += read;
            }
        }

        public void Dispose() => socket.Dispose();
    }
}

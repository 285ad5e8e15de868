using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Fabric.EndToEnd.Bench.Publishing;

/// <summary>
/// One MQTT connection that publishes at QoS 1 as cheaply as it can be done honestly: whole batches in one write, and each PUBACK
/// looked up by its packet id. What was acknowledged, and nothing else, goes into the ledger.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class Gateway : IDisposable
{
    /// <summary>Messages on their way; beyond that the gateway falls behind its rate rather than pile up.</summary>
    private const int InFlightMax = 20_000;

    private const int SendBytes = 256 * 1024;

    private readonly PublishTemplates _templates;
    private readonly List<(int Template, long TimeMicros)> _ledger;
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _output = new byte[SendBytes];
    private readonly byte[] _input = new byte[64 * 1024];
    private readonly (int Template, long TimeMicros)[] _inFlight = new (int, long)[ushort.MaxValue + 1];
    private int _outputLength;
    private int _outputSent;
    private int _inputLength;
    private ushort _packetId;

    public Gateway(PublishTemplates templates, int port, int number, List<(int Template, long TimeMicros)> ledger)
    {
        _templates = templates;
        _ledger = ledger;
        _socket.Connect(IPAddress.Loopback, port);
        Connect($"gateway-{number}");
        _socket.Blocking = false;
    }

    public int InFlight { get; private set; }

    /// <summary>Puts one message into the batch; false when there is no room for it now.</summary>
    public bool TryAdd(int template, long timeMicros)
    {
        int length = _templates.LengthOf(template);
        if (InFlight == InFlightMax || _outputLength + length > SendBytes)
        {
            return false;
        }

        do
        {
            _packetId++;
        }
        while (_packetId == 0 || _inFlight[_packetId].TimeMicros != 0);

        _templates.Write(template, _packetId, timeMicros, _output.AsSpan(_outputLength, length));
        _outputLength += length;
        _inFlight[_packetId] = (template, timeMicros);
        InFlight++;
        return true;
    }

    /// <summary>Writes as much of the batch as the socket takes, and reads what was acknowledged.</summary>
    public void Exchange()
    {
        if (_outputSent < _outputLength)
        {
            _outputSent += _socket.Send(_output.AsSpan(_outputSent, _outputLength - _outputSent), SocketFlags.None, out SocketError error);
            Require(error);
            if (_outputSent == _outputLength)
            {
                _outputSent = _outputLength = 0;
            }
        }

        int read = _socket.Receive(_input.AsSpan(_inputLength), SocketFlags.None, out SocketError readError);
        Require(readError);
        if (read == 0 && readError == SocketError.Success)
        {
            throw new InvalidOperationException("mosquitto closed the connection");
        }

        _inputLength += read;
        TakeAcknowledgements();
    }

    public void Dispose() => _socket.Dispose();

    private static void Require(SocketError error)
    {
        if (error is not (SocketError.Success or SocketError.WouldBlock))
        {
            throw new SocketException((int)error);
        }
    }

    // PUBACK: 0x40 0x02 packet id. Nothing else comes to a client that subscribes to nothing and whose keep-alive is 0.
    private void TakeAcknowledgements()
    {
        const int length = 4;
        int at = 0;
        for (; _inputLength - at >= length; at += length)
        {
            if (_input[at] != 0x40 || _input[at + 1] != 2)
            {
                throw new InvalidOperationException($"PUBACK was expected, found 0x{_input[at]:x2}");
            }

            ref (int Template, long TimeMicros) message = ref _inFlight[BinaryPrimitives.ReadUInt16BigEndian(_input.AsSpan(at + 2))];
            if (message.TimeMicros == 0)
            {
                throw new InvalidOperationException("A PUBACK came for nothing that was sent");
            }

            _ledger.Add(message);
            message = default;
            InFlight--;
        }

        _input.AsSpan(at, _inputLength - at).CopyTo(_input);
        _inputLength -= at;
    }

    private void Connect(string clientId)
    {
        byte[] id = Encoding.ASCII.GetBytes(clientId);
        byte[] connect = [0x10, (byte)(12 + id.Length), 0, 4, .. "MQTT"u8, 4, 2, 0, 0, 0, (byte)id.Length, .. id];
        _socket.Send(connect);
        byte[] answer = new byte[4];
        for (int read = 0; read < answer.Length;)
        {
            int count = _socket.Receive(answer.AsSpan(read));
            read += count > 0 ? count : throw new InvalidOperationException("mosquitto closed the connection");
        }

        if (answer is not [0x20, 2, _, 0])
        {
            throw new InvalidOperationException($"mosquitto refused the connection: {Convert.ToHexString(answer)}");
        }
    }
}

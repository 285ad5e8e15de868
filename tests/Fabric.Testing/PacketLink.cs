using System.Net;
using System.Net.Sockets;

namespace Fabric.Testing;

/// <summary>
/// A link to an MQTT broker on loopback that passes packet by packet and breaks once, instead of passing the packet of a given
/// number: whoever tries every number has the link cut at every step of a conversation.
/// </summary>
public sealed class PacketLink : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly int _target;
    private readonly int _cutAt;
    private readonly List<string> _trace = [];
    private readonly Task _accepting;
    private int _packets;

    /// <param name="target">Port of the broker.</param>
    /// <param name="cutAt">Number of the packet, of both directions together and from 1, that is lost with its connection.</param>
    public PacketLink(int target, int cutAt)
    {
        (_target, _cutAt) = (target, cutAt);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The packet that was lost, e.g. <c>to the broker: PUBACK</c>; null while none was.</summary>
    public string? Lost { get; private set; }

    /// <summary>Every packet that came by, for the message of a failing test: way, type and first bytes.</summary>
    public string Trace
    {
        get
        {
            lock (_lock)
            {
                return string.Join('\n', _trace);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var lines = new List<Task>();
        try
        {
            while (true)
            {
                lines.Add(PassAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(lines);
        }
    }

    private async Task PassAsync(TcpClient near)
    {
        using TcpClient client = near, broker = new();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        try
        {
            await broker.ConnectAsync(IPAddress.Loopback, _target, ending.Token);
            client.NoDelay = broker.NoDelay = true;
            Task[] ways =
            [
                PumpAsync(client, broker, "to the broker", ending.Token), PumpAsync(broker, client, "to the client", ending.Token),
            ];
            await Task.WhenAny(ways);
            await ending.CancelAsync();
            await Task.WhenAll(ways);
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException
            or InvalidOperationException)
        {
            // Cut, or one end went away: both are closed.
        }

        // RST, not FIN: what is under way in the other direction is lost as well.
        client.LingerState = broker.LingerState = new LingerOption(true, 0);
    }

    private async Task PumpAsync(TcpClient from, TcpClient to, string way, CancellationToken cancellationToken)
    {
        NetworkStream source = from.GetStream(), target = to.GetStream();
        while (await MqttFrames.ReadAsync(source, cancellationToken) is { } packet)
        {
            lock (_lock)
            {
                string what = $"{way}: {MqttFrames.NameOf(packet)}";
                bool isLost = ++_packets == _cutAt;
                _trace.Add($"{what} {Convert.ToHexString(packet.AsSpan(0, Math.Min(packet.Length, 16)))}{(isLost ? " lost" : "")}");
                if (isLost)
                {
                    Lost = what;
                    return;
                }
            }

            await target.WriteAsync(packet, cancellationToken);
        }
    }
}

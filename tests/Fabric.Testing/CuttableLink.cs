using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Fabric.Testing;

/// <summary>
/// A TCP relay on a free port of 127.0.0.1 in front of a server: a test cuts all its lines (<see cref="Cut"/>), or refuses new
/// ones, without touching either end.
/// </summary>
public sealed class CuttableLink : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<TcpClient, byte> _lines = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly int _target;
    private readonly Task _accepting;
    private int _accepted;

    public CuttableLink(int targetPort)
    {
        _target = targetPort;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Connections relayed so far.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>While true, connections are closed as soon as they are made.</summary>
    public bool Refuses { get; set; }

    /// <summary>Resets every line. What was under way in either direction is lost.</summary>
    public void Cut()
    {
        foreach (TcpClient line in _lines.Keys)
        {
            try
            {
                line.LingerState = new LingerOption(true, 0);
                line.Close();
            }
            catch (Exception gone) when (gone is ObjectDisposedException or NullReferenceException or SocketException)
            {
                // It ended by itself at the same moment (TcpClient's members throw anything then).
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var relays = new List<Task>();
        try
        {
            while (true)
            {
                TcpClient near = await _listener.AcceptTcpClientAsync(_stop.Token);
                relays.RemoveAll(relay => relay.IsCompleted);
                relays.Add(RelayAsync(near));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(relays);
        }
    }

    private async Task RelayAsync(TcpClient near)
    {
        using TcpClient far = new() { NoDelay = true };
        near.NoDelay = true;
        _lines[near] = 0;
        _lines[far] = 0;
        try
        {
            if (!Refuses)
            {
                await far.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
                Interlocked.Increment(ref _accepted);
                Task up = near.GetStream().CopyToAsync(far.GetStream(), _stop.Token);
                Task down = far.GetStream().CopyToAsync(near.GetStream(), _stop.Token);
                await Task.WhenAny(up, down);
            }
        }
        catch (Exception cut) when (cut is IOException or SocketException or ObjectDisposedException
            or OperationCanceledException or InvalidOperationException)
        {
            // The line is gone, which is what this class is for.
        }
        finally
        {
            _lines.TryRemove(near, out _);
            _lines.TryRemove(far, out _);
            near.Dispose();
        }
    }
}

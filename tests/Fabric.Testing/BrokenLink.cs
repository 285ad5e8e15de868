using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Fabric.Testing;

/// <summary>A TCP link on loopback that can be cut: passes bytes both ways until <see cref="Cut"/> resets every connection.</summary>
public sealed class BrokenLink : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _target;
    private readonly ConcurrentDictionary<Socket, byte> _open = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    /// <param name="target">Port on loopback to pass on to.</param>
    public BrokenLink(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where the link begins.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Resets all connections, as a pulled cable does in the end; new ones pass again.</summary>
    public void Cut()
    {
        foreach (Socket socket in _open.Keys)
        {
            socket.Close(timeout: 0); // RST, not FIN; one that ended by itself meanwhile is closed already
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
        try
        {
            while (true)
            {
                Socket near = await _listener.AcceptSocketAsync(_stop.Token);
                _ = PassAsync(near);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // stopped
        }
    }

    private async Task PassAsync(Socket near)
    {
        using var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _open.TryAdd(near, 0);
        _open.TryAdd(far, 0);
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
            near.NoDelay = far.NoDelay = true;
            await using NetworkStream a = new(near), b = new(far);
            await Task.WhenAny(a.CopyToAsync(b, _stop.Token), b.CopyToAsync(a, _stop.Token));
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException
            or OperationCanceledException or InvalidOperationException)
        {
            // cut, or the other end went away: both ends are closed below
        }
        finally
        {
            near.Dispose();
            _open.TryRemove(near, out _);
            _open.TryRemove(far, out _);
        }
    }
}

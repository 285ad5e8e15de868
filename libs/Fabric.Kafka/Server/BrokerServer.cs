using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Fabric.Kafka.Broker;
using Microsoft.Extensions.Logging;

namespace Fabric.Kafka.Server;

/// <summary>Listens, accepts, and owns every connection until it has ended.</summary>
internal sealed partial class BrokerServer : IAsyncDisposable
{
    private const int Backlog = 512;

    private readonly Socket _listener;
    private readonly ConnectionEnvironment _environment;
    private readonly BrokerMetrics _metrics;
    private readonly ILogger _log;
    private readonly ConcurrentDictionary<Connection, Task> _connections = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly ITimer _idleSweep;
    private Task _accepting = Task.CompletedTask;

    /// <summary>Binds; nobody is accepted before <see cref="Start"/>.</summary>
    /// <exception cref="SocketException">The address is taken or not this machine's.</exception>
    public BrokerServer(IPEndPoint listen, ConnectionEnvironment environment, BrokerMetrics metrics, ILogger log)
    {
        _environment = environment;
        _metrics = metrics;
        _log = log;
        _listener = new Socket(listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _listener.Bind(listen);
            _listener.Listen(Backlog);
        }
        catch
        {
            _listener.Dispose();
            throw;
        }

        TimeSpan sweep = environment.Limits.IdleTime / 4;
        _idleSweep = environment.Clock.CreateTimer(_ => CloseIdle(), null, sweep, sweep);
    }

    /// <summary>The address bound, with the port chosen when 0 was asked for.</summary>
    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    public int ConnectionCount => _connections.Count;

    public void Start() => _accepting = AcceptAllAsync();

    /// <summary>Stops accepting, closes every connection, waits until all have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _idleSweep.DisposeAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        foreach (Connection connection in _connections.Keys)
        {
            connection.Close("the broker is shutting down");
        }

        await Task.WhenAll(_connections.Values).ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task AcceptAllAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                Socket socket = await _listener.AcceptAsync(_stopping.Token).ConfigureAwait(false);
                Admit(socket);
            }
            catch (Exception exception) when (_stopping.IsCancellationRequested
                && exception is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException exception)
            {
                // Out of descriptors, or a peer that left before it was accepted: others may still come.
                LogAcceptFailed(_log, exception.SocketErrorCode);
                await Task.Delay(TimeSpan.FromMilliseconds(50), _environment.Clock, CancellationToken.None)
                    .ConfigureAwait(false);
            }
        }
    }

    private void Admit(Socket socket)
    {
        if (_connections.Count >= _environment.Limits.ConnectionsMax)
        {
            _metrics.ConnectionRefused();
            LogTooMany(_log, _environment.Limits.ConnectionsMax);
            socket.Dispose();
            return;
        }

        var connection = new Connection(socket, _environment);
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _connections[connection] = ServeAsync(connection, start.Task);
        start.SetResult();
    }

    private async Task ServeAsync(Connection connection, Task registered)
    {
        await registered.ConfigureAwait(false);
        _metrics.ConnectionOpened();
        try
        {
            await connection.RunAsync().ConfigureAwait(false);
            if (connection.CloseReason is { } reason)
            {
                LogClosed(_log, reason);
            }
        }
#pragma warning disable CA1031 // a bug in one connection must not end the others; it is logged with its stack
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogFailed(_log, exception);
        }
        finally
        {
            _connections.TryRemove(connection, out _);
            _metrics.ConnectionClosed();
            connection.Dispose();
        }
    }

    private void CloseIdle()
    {
        foreach (Connection connection in _connections.Keys)
        {
            if (connection.IdleTime >= _environment.Limits.IdleTime)
            {
                connection.Close("it was idle for too long");
            }
        }
    }

    [LoggerMessage(101, LogLevel.Debug, "A connection was closed: {Reason}")]
    private static partial void LogClosed(ILogger log, string reason);

    [LoggerMessage(102, LogLevel.Error, "A connection failed")]
    private static partial void LogFailed(ILogger log, Exception exception);

    [LoggerMessage(103, LogLevel.Warning, "A connection was refused: {ConnectionsMax} are open, the limit")]
    private static partial void LogTooMany(ILogger log, int connectionsMax);

    [LoggerMessage(104, LogLevel.Warning, "A connection could not be accepted: {Error}")]
    private static partial void LogAcceptFailed(ILogger log, SocketError error);
}

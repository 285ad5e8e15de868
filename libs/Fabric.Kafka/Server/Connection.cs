using System.IO.Pipelines;
using System.Net.Sockets;
using System.Threading.Channels;
using Fabric.Kafka.Broker;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Server;

/// <summary>
/// One client's connection: a reader that cuts requests and posts them to the loop, a writer that sends the answers in the
/// order of the requests. At most <c>inFlightMax</c> requests wait for an answer; then nothing more is read, and TCP tells the
/// client to wait.
/// </summary>
internal sealed class Connection : IDisposable
{
    /// <summary>Kafka's bound on what an unauthenticated peer may send at once.</summary>
    private const int UnauthenticatedRequestBytesMax = 512 * 1024;

    private readonly Socket _socket;
    private readonly ConnectionEnvironment _environment;
    private readonly Channel<PendingResponse> _row;
    private readonly CancellationTokenSource _closed = new();
    private readonly string _clientHost;
    private int _unanswered;
    private long _lastActivity;

    public Connection(Socket socket, ConnectionEnvironment environment)
    {
        _socket = socket;
        _environment = environment;
        _clientHost = $"/{(socket.RemoteEndPoint as System.Net.IPEndPoint)?.Address}";
        _lastActivity = environment.Clock.GetTimestamp();
        _row = Channel.CreateBounded<PendingResponse>(new BoundedChannelOptions(environment.Limits.InFlightRequestsMax)
        {
            FullMode = BoundedChannelFullMode.Wait, SingleReader = true, SingleWriter = true,
        });
    }

    /// <summary>Why it ended, for the log; null for a peer that simply left.</summary>
    public string? CloseReason { get; private set; }

    /// <summary>How long nothing was asked while nothing was owed.</summary>
    public TimeSpan IdleTime => Volatile.Read(ref _unanswered) > 0
        ? TimeSpan.Zero
        : _environment.Clock.GetElapsedTime(Volatile.Read(ref _lastActivity));

    /// <summary>Serves the peer until it leaves, misbehaves, or <see cref="Close"/>. Never throws for what a peer does.</summary>
    public async Task RunAsync()
    {
        Stream? stream = null;
        try
        {
            _socket.NoDelay = true;
            (stream, string? principal) = await _environment.Tls.OpenAsync(_socket, _closed.Token).ConfigureAwait(false);
            await ServeAsync(stream, new SaslSession(_environment.SaslUsers, principal)).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsPeersDoing(exception))
        {
            CloseReason ??= exception.Message;
        }
        finally
        {
            await _closed.CancelAsync().ConfigureAwait(false);
            if (stream is not null)
            {
                await DisposeQuietlyAsync(stream).ConfigureAwait(false);
            }

            _socket.Dispose();
        }
    }

    /// <summary>Ends it from outside (idle, shutdown). Thread-safe.</summary>
    public void Close(string reason)
    {
        CloseReason ??= reason;
        try
        {
            _closed.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself in the meantime.
        }
    }

    public void Dispose() => _closed.Dispose();

    private async Task ServeAsync(Stream stream, SaslSession sasl)
    {
        var output = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
        using var input = new FrameReader(stream, _environment.Memory);
        Task writing = WriteAllAsync(new ResponseWriter(output));
        bool sendsWhatIsDue = false;
        try
        {
            sendsWhatIsDue = await ReadAllAsync(input, sasl).ConfigureAwait(false);
        }
        finally
        {
            _row.Writer.TryComplete();
            if (!sendsWhatIsDue)
            {
                await _closed.CancelAsync().ConfigureAwait(false);
            }

            await WaitQuietlyAsync(writing).ConfigureAwait(false);
            DropTheRow();
            if (sasl.State == SaslState.Failed)
            {
                await Task.Delay(RequestDispatcher.FailureDelay, _environment.Clock, CancellationToken.None)
                    .ConfigureAwait(false);
            }

            // With an exception it gives its memory back without writing: what was due went out already.
            await output.CompleteAsync(new OperationCanceledException(_closed.Token)).ConfigureAwait(false);
        }
    }

    /// <returns>Whether answers still due must go out before closing.</returns>
    private async Task<bool> ReadAllAsync(FrameReader frames, SaslSession sasl)
    {
        while (true)
        {
            int bytesMax = sasl.IsOpen
                ? _environment.Limits.RequestBytesMax
                : Math.Min(UnauthenticatedRequestBytesMax, _environment.Limits.RequestBytesMax);
            RequestFrame? frame = await frames.ReadAsync(bytesMax, _closed.Token).ConfigureAwait(false);
            if (frame is null)
            {
                return false;
            }

            Volatile.Write(ref _lastActivity, _environment.Clock.GetTimestamp());
            var pending = new PendingResponse();
            if (!_row.Writer.TryWrite(pending))
            {
                await WaitForPlaceAsync(pending, frame).ConfigureAwait(false);
            }

            Interlocked.Increment(ref _unanswered);
            if (_environment.Dispatcher.Dispatch(frame, pending, sasl, _clientHost) == DispatchOutcome.CloseAfterResponse)
            {
                return true;
            }
        }
    }

    private async ValueTask WaitForPlaceAsync(PendingResponse pending, RequestFrame frame)
    {
        try
        {
            await _row.Writer.WriteAsync(pending, _closed.Token).ConfigureAwait(false);
        }
        catch
        {
            frame.Release();
            throw;
        }
    }

    private async Task WriteAllAsync(ResponseWriter writer)
    {
        try
        {
            while (await _row.Reader.WaitToReadAsync(_closed.Token).ConfigureAwait(false))
            {
                while (_row.Reader.TryRead(out PendingResponse? pending))
                {
                    await AnswerAsync(pending, writer).ConfigureAwait(false);
                }

                await writer.FlushAsync(_closed.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            // The reader may wait for bytes or for a place in the row: nothing it gets could be answered any more.
            await _closed.CancelAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask AnswerAsync(PendingResponse pending, ResponseWriter writer)
    {
        bool isSent = false;
        try
        {
            if (!pending.IsDone)
            {
                await writer.FlushAsync(_closed.Token).ConfigureAwait(false);
            }

            using (_closed.Token.UnsafeRegister(static state => ((PendingResponse)state!).Cancel(), pending))
            {
                await pending.WaitAsync().ConfigureAwait(false);
            }

            await SendAsync(pending, writer).ConfigureAwait(false);
            isSent = true;
        }
        finally
        {
            if (!isSent)
            {
                Drop(pending);
            }
        }

        Interlocked.Decrement(ref _unanswered);
        Volatile.Write(ref _lastActivity, _environment.Clock.GetTimestamp());
    }

    private async ValueTask SendAsync(PendingResponse pending, ResponseWriter writer)
    {
        if (pending.AbandonReason is { } reason)
        {
            throw new ProtocolException(reason);
        }

        if (pending.Raw is { } token)
        {
            writer.WriteRaw(token);
        }
        else if (pending.Context is { } context)
        {
            using (context.Response)
            {
                if (context.HasResponse)
                {
                    await writer.WriteAsync(context, _closed.Token).ConfigureAwait(false);
                }
            }
        }
    }

    private void DropTheRow()
    {
        while (_row.Reader.TryRead(out PendingResponse? pending))
        {
            Drop(pending);
        }
    }

    private void Drop(PendingResponse pending)
    {
        pending.Drop();
        _environment.Abandoned(pending);
    }

    private async Task WaitQuietlyAsync(Task writing)
    {
        try
        {
            await writing.ConfigureAwait(false);
        }
        catch (Exception exception) when (IsPeersDoing(exception))
        {
            CloseReason ??= exception is OperationCanceledException ? null : exception.Message;
        }
    }

    private async ValueTask DisposeQuietlyAsync(Stream stream)
    {
        try
        {
            await stream.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (IsPeersDoing(exception))
        {
            CloseReason ??= exception.Message;
        }
    }

    // What a peer or the network can cause. Everything else is a bug and ends the connection's task with it.
    private static bool IsPeersDoing(Exception exception) =>
        exception is ProtocolException or IOException or SocketException or OperationCanceledException
            or System.Security.Authentication.AuthenticationException or ObjectDisposedException;
}

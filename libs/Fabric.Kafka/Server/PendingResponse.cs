using System.Threading.Tasks.Sources;
using Fabric.Kafka.Broker;

namespace Fabric.Kafka.Server;

/// <summary>
/// The place of one request in its connection's row of answers. The loop completes it, the connection's writer waits for it;
/// when the connection goes first, it is cancelled, and what the loop writes later is thrown away.
/// </summary>
internal sealed class PendingResponse : IResponseSink, IValueTaskSource
{
    private const int Waiting = 0;
    private const int Completed = 1;
    private const int Cancelled = 2;

    private ManualResetValueTaskSourceCore<bool> _done = new() { RunContinuationsAsynchronously = true };
    private int _state = Waiting;

    /// <summary>Whom it answers; null for a raw SASL token.</summary>
    public RequestContext? Context { get; set; }

    /// <summary>A response without any header, for SASL tokens of the first protocol version.</summary>
    public byte[]? Raw { get; private set; }

    /// <summary>Why the connection must be closed in place of an answer.</summary>
    public string? AbandonReason { get; private set; }

    /// <summary>Where the loop's answers wait for the end of its step; null to hand it over at once.</summary>
    public ResponseOutbox? Outbox { get; set; }

    /// <summary>Nothing may be sent after this one.</summary>
    public bool IsLast { get; set; }

    public bool IsDone => Volatile.Read(ref _state) != Waiting;

    public void Complete(RequestContext context)
    {
        if (Outbox is { } outbox)
        {
            outbox.Add(this);
        }
        else
        {
            Finish(context);
        }
    }

    public void Abandon(RequestContext context, string reason)
    {
        AbandonReason = reason;
        Complete(context);
    }

    /// <summary>For the outbox: the step that completed it is over.</summary>
    public void Deliver() => Finish(Context);

    /// <summary>Completes it with bytes that are not a Kafka response.</summary>
    public void CompleteRaw(byte[] token)
    {
        Raw = token;
        Finish(null);
    }

    /// <summary>The connection is gone.</summary>
    public void Cancel()
    {
        if (Interlocked.CompareExchange(ref _state, Cancelled, Waiting) == Waiting)
        {
            AbandonReason = "the connection was closed";
            _done.SetResult(true);
        }
    }

    /// <summary>It will never be sent: cancels it, or throws away what was written already.</summary>
    public void Drop()
    {
        Cancel();
        if (Volatile.Read(ref _state) == Completed)
        {
            Context?.Response.Dispose();
        }
    }

    public ValueTask WaitAsync() => new(this, _done.Version);

    public void GetResult(short token) => _done.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _done.GetStatus(token);

    public void OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _done.OnCompleted(continuation, state, token, flags);

    private void Finish(RequestContext? context)
    {
        if (Interlocked.CompareExchange(ref _state, Completed, Waiting) == Waiting)
        {
            // Sending what is in memory takes less than waking a thread for it; reading files would hold up the loop.
            _done.RunContinuationsAsynchronously = context?.Response.Slices.Count > 0;
            _done.SetResult(true);
        }
        else
        {
            context?.Response.Dispose();
        }
    }
}

using Fabric.Kafka.Protocol;
using Fabric.Kafka.Server;

namespace Fabric.Kafka.Broker;

/// <summary>Where a finished response goes: the connection, or a test.</summary>
internal interface IResponseSink
{
    /// <summary>The response is complete (<see cref="RequestContext.HasResponse"/> says whether there is one).</summary>
    void Complete(RequestContext context);

    /// <summary>The request cannot be answered: close the connection. Called instead of <see cref="Complete"/>.</summary>
    void Abandon(RequestContext context, string reason);
}

/// <summary>
/// One request on its way: what the header said, who sent it, and the response being written. A handler may keep it and
/// call <see cref="Send"/> later, on the loop; the server keeps the order of responses per connection.
/// </summary>
/// <remarks>Exactly one of Send, SendNothing, Close ends it; later calls are ignored. Only the loop touches it.</remarks>
internal sealed class RequestContext
{
    private readonly IResponseSink _sink;
    private bool _isEnded;

    public RequestContext(
        short apiKey, short apiVersion, int correlationId, string? clientId, string clientHost, string? principal,
        bool isFlexible, IResponseSink sink)
    {
        ApiKey = apiKey;
        ApiVersion = apiVersion;
        CorrelationId = correlationId;
        ClientId = clientId;
        ClientHost = clientHost;
        Principal = principal;
        Response = new KafkaWriter(isFlexible);
        _sink = sink;
    }

    public short ApiKey { get; }

    public short ApiVersion { get; }

    public int CorrelationId { get; }

    public string? ClientId { get; }

    /// <summary>The peer's address as Kafka prints it, e.g. <c>/127.0.0.1</c>.</summary>
    public string ClientHost { get; }

    /// <summary>The authenticated user; null without SASL.</summary>
    public string? Principal { get; }

    /// <summary>When the loop took the request up, in milliseconds of Unix time.</summary>
    public long NowMs { get; set; }

    /// <summary>Where the body of the response is written. The response header is not part of it.</summary>
    public KafkaWriter Response { get; }

    /// <summary>False after <see cref="SendNothing"/>.</summary>
    public bool HasResponse { get; private set; } = true;

    /// <summary>Set by the server when the connection is gone: answering is useless, waiting state can be dropped.</summary>
    public bool IsConnectionClosed { get; set; }

    /// <summary>Called on the loop when the connection goes before the answer, so that waiting state can be dropped.</summary>
    public Action? WhenConnectionCloses { get; set; }

    /// <summary>The request's body, for handlers that keep slices of it while they run; empty in most tests.</summary>
    public Memory<byte> Body { get; set; }

    /// <summary>What <see cref="IPreparingApiHandler.Prepare"/> made of the body on the connection's thread.</summary>
    public object? Prepared { get; set; }

    /// <summary>The connection's SASL state; null without a connection.</summary>
    public SaslSession? Sasl { get; set; }

    /// <summary>The response body is whole: hand it to the connection.</summary>
    public void Send()
    {
        if (!_isEnded)
        {
            _isEnded = true;
            _sink.Complete(this);
        }
    }

    /// <summary>The request has no answer (produce with acks=0): the next response may go out.</summary>
    public void SendNothing()
    {
        HasResponse = false;
        Send();
    }

    /// <summary>Closes the connection without an answer.</summary>
    /// <param name="reason">For the log; never a payload or a secret.</param>
    public void Close(string reason)
    {
        if (!_isEnded)
        {
            _isEnded = true;
            _sink.Abandon(this, reason);
        }
    }
}

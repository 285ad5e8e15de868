using Fabric.Kafka.Broker;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Server;

/// <summary>What became of a frame.</summary>
internal enum DispatchOutcome
{
    /// <summary>Read the next one.</summary>
    Continue,

    /// <summary>Send what is due, wait <see cref="RequestDispatcher.FailureDelay"/>, close.</summary>
    CloseAfterResponse,
}

/// <summary>
/// From a frame to a request on the loop: header, SASL gate, version gate, and what can be done on the connection's thread.
/// <list type="bullet">
/// <item>Unknown key, illegal SASL state: the connection is closed, as Kafka does.</item>
/// <item>Unsupported version of ApiVersions: error 35 in a v0 body with the table, so that the client can ask again (KIP-511).</item>
/// <item>Another key beyond its last version: the shape is unknown, so the connection is closed, as Kafka does.</item>
/// </list>
/// </summary>
/// <param name="outbox">Where the loop's answers wait for the end of a step; null to hand each over at once.</param>
internal sealed class RequestDispatcher(ApiTable table, Action<RequestWork> post, ResponseOutbox? outbox = null)
{
    /// <summary>How long a failed authentication keeps its connection: guessing passwords takes time.</summary>
    public static readonly TimeSpan FailureDelay = TimeSpan.FromMilliseconds(100);

    private const short ApiVersionsKey = 18;

    /// <summary>Takes the frame over, in every outcome.</summary>
    /// <exception cref="ProtocolException">Close the connection.</exception>
    public DispatchOutcome Dispatch(RequestFrame frame, PendingResponse pending, SaslSession sasl, string clientHost)
    {
        bool isHandedOver = false;
        try
        {
            if (sasl.State == SaslState.RawToken)
            {
                return AnswerRawToken(frame, pending, sasl);
            }

            RequestWork work = Read(frame, pending, sasl, clientHost);
            if (work.Handler is IConnectionApiHandler)
            {
                return RunHere(work, pending, sasl);
            }

            isHandedOver = true;
            pending.Outbox = outbox;
            post(work);
            return DispatchOutcome.Continue;
        }
        finally
        {
            if (!isHandedOver)
            {
                frame.Release();
            }
        }
    }

    private RequestWork Read(RequestFrame frame, PendingResponse pending, SaslSession sasl, string clientHost)
    {
        ReadOnlySpan<byte> bytes = frame.Bytes.Span;
        RequestHeader header = RequestHeader.ReadFixed(bytes);
        IApiHandler handler = table.Find(header.ApiKey)
            ?? throw new ProtocolException($"Expected an API key this broker advertises, found {header.ApiKey}");
        if (!sasl.Admits(header.ApiKey))
        {
            throw new ProtocolException($"{handler.Name} is illegal in SASL state {sasl.State}");
        }

        bool isSupported = header.ApiVersion >= handler.MinVersion && header.ApiVersion <= handler.MaxVersion;
        if (!isSupported && header.ApiKey != ApiVersionsKey)
        {
            throw new ProtocolException(
                $"Expected {handler.Name} {handler.MinVersion} to {handler.MaxVersion}, found {header.ApiVersion}");
        }

        bool isFlexible = isSupported && header.ApiVersion >= handler.FirstFlexibleVersion;
        string? clientId = null;
        int bodyAt = isSupported ? RequestHeader.ReadRest(bytes, isFlexible, out clientId) : bytes.Length;
        var context = new RequestContext(
            header.ApiKey, header.ApiVersion, header.CorrelationId, clientId, clientHost, sasl.Principal, isFlexible, pending)
        {
            Body = frame.Bytes[bodyAt..],
            Sasl = sasl,
        };
        pending.Context = context;
        if (handler is IPreparingApiHandler preparing)
        {
            var reader = new KafkaReader(context.Body.Span, isFlexible);
            context.Prepared = preparing.Prepare(header.ApiVersion, context.Body, ref reader);
        }

        return new RequestWork(handler, context, frame);
    }

    private static DispatchOutcome RunHere(RequestWork work, PendingResponse pending, SaslSession sasl)
    {
        var reader = new KafkaReader(work.Context.Body.Span, work.Context.Response.IsFlexible);
        work.Handler.Handle(work.Context, ref reader);
        return CloseIfFailed(pending, sasl);
    }

    private static DispatchOutcome AnswerRawToken(RequestFrame frame, PendingResponse pending, SaslSession sasl)
    {
        // There is no shape for an error here: Kafka closes too.
        if (!sasl.TryAuthenticate(frame.Bytes.Span))
        {
            throw new ProtocolException("SASL/PLAIN authentication failed");
        }

        pending.CompleteRaw([]);
        return DispatchOutcome.Continue;
    }

    private static DispatchOutcome CloseIfFailed(PendingResponse pending, SaslSession sasl)
    {
        pending.IsLast = sasl.State == SaslState.Failed;
        return pending.IsLast ? DispatchOutcome.CloseAfterResponse : DispatchOutcome.Continue;
    }
}

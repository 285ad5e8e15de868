using Fabric.Kafka.Broker;
using Fabric.Kafka.Protocol;
using Fabric.Kafka.Server;

namespace Fabric.Kafka.Api;

/// <summary>
/// SaslHandshake (17), versions 0 and 1: names the mechanism. After v0 the tokens come without Kafka headers, after v1 in
/// SaslAuthenticate.
/// <code>
/// request:  mechanism string
/// response: error int16 | mechanisms [] string
/// </code>
/// Where SASL is not used, or is done already: ILLEGAL_SASL_STATE. Another mechanism: UNSUPPORTED_SASL_MECHANISM, then the
/// connection is closed.
/// </summary>
internal sealed class SaslHandshakeApi : IConnectionApiHandler
{
    public short Key => 17;

    public string Name => "SaslHandshake";

    public short MinVersion => 0;

    public short MaxVersion => 1;

    public short FirstFlexibleVersion => short.MaxValue;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        string mechanism = body.ReadString();
        ErrorCode error = context.Sasl is not { State: SaslState.Handshake } sasl
            ? ErrorCode.IllegalSaslState
            : sasl.TryBegin(mechanism, context.ApiVersion) ? ErrorCode.None : ErrorCode.UnsupportedSaslMechanism;
        KafkaWriter response = context.Response;
        response.WriteError(error);
        bool isUsed = context.Sasl is not (null or { State: SaslState.NotRequired });
        response.WriteArrayLength(isUsed ? 1 : 0);
        if (isUsed)
        {
            response.WriteString(SaslSession.Mechanism);
        }

        context.Send();
    }
}

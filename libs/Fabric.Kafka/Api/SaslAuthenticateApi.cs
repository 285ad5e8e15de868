using Fabric.Kafka.Broker;
using Fabric.Kafka.Protocol;
using Fabric.Kafka.Server;

namespace Fabric.Kafka.Api;

/// <summary>
/// SaslAuthenticate (36), versions 0 to 2: the token of the mechanism that SaslHandshake v1 named.
/// <code>
/// request:  token bytes
/// response: error int16 | message nullable | token bytes | [v1+ sessionLifetimeMs int64 = 0, for ever]
/// </code>
/// v2: flexible. A wrong password: SASL_AUTHENTICATION_FAILED, then the connection is closed after a moment. Without a handshake,
/// or once authenticated: ILLEGAL_SASL_STATE.
/// </summary>
internal sealed class SaslAuthenticateApi : IConnectionApiHandler
{
    public short Key => 36;

    public string Name => "SaslAuthenticate";

    public short MinVersion => 0;

    public short MaxVersion => 2;

    public short FirstFlexibleVersion => 2;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        ReadOnlySpan<byte> token = body.ReadBytes();
        body.SkipTags();
        ErrorCode error = context.Sasl is not { State: SaslState.Authenticate } sasl
            ? ErrorCode.IllegalSaslState
            : sasl.TryAuthenticate(token) ? ErrorCode.None : ErrorCode.SaslAuthenticationFailed;
        KafkaWriter response = context.Response;
        response.WriteError(error);
        response.WriteNullableString(error switch
        {
            ErrorCode.None => null,
            ErrorCode.SaslAuthenticationFailed => "Authentication failed: Invalid username or password",
            _ => "SaslAuthenticate request received after successful authentication, or without a handshake",
        });
        response.WriteBytes([]);
        if (context.ApiVersion >= 1)
        {
            response.WriteInt64(0);
        }

        response.WriteEmptyTags();
        context.Send();
    }
}

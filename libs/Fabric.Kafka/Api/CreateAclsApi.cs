using Fabric.Kafka.Broker;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// CreateAcls (30), versions 0 to 3: there is no authorizer, so each is answered SECURITY_DISABLED.
/// <code>
/// request:  [] { resourceType int8 | name | [v1+ pattern int8] | principal | host | operation int8 | permission int8 }
/// response: throttleTimeMs int32 | [] { error int16 | message nullable }
/// </code>
/// v2: flexible.
/// </summary>
internal sealed class CreateAclsApi : IApiHandler
{
    public short Key => 30;

    public string Name => "CreateAcls";

    public short MinVersion => 0;

    public short MaxVersion => 3;

    public short FirstFlexibleVersion => 2;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        int count = body.ReadArrayLengthOrEmpty(6);
        for (int i = 0; i < count; i++)
        {
            AclFilter.Skip(context.ApiVersion, ref body);
            body.SkipTags();
        }

        body.SkipTags();
        KafkaWriter response = context.Response;
        response.WriteInt32(0);
        response.WriteArrayLength(count);
        for (int i = 0; i < count; i++)
        {
            response.WriteError(ErrorCode.SecurityDisabled);
            response.WriteNullableString(AclFilter.NoAuthorizer);
            response.WriteEmptyTags();
        }

        response.WriteEmptyTags();
        context.Send();
    }
}

using Fabric.Kafka.Broker;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// DeleteAcls (31), versions 0 to 3: there is no authorizer, so each filter is answered SECURITY_DISABLED.
/// <code>
/// request:  [] { filter as in DescribeAcls }
/// response: throttleTimeMs int32 | [] { error int16 | message nullable | matching [] (empty) }
/// </code>
/// v2: flexible.
/// </summary>
internal sealed class DeleteAclsApi : IApiHandler
{
    public short Key => 31;

    public string Name => "DeleteAcls";

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
            response.WriteArrayLength(0);
            response.WriteEmptyTags();
        }

        response.WriteEmptyTags();
        context.Send();
    }
}

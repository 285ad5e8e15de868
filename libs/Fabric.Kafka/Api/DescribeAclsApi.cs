using Fabric.Kafka.Broker;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// DescribeAcls (29), versions 0 to 3: there is no authorizer, which Kafka calls SECURITY_DISABLED.
/// <code>
/// request:  resourceType int8 | name nullable | [v1+ pattern int8] | principal nullable | host nullable | operation int8 | permission int8
/// response: throttleTimeMs int32 | error int16 | message nullable | resources [] (empty)
/// </code>
/// v2: flexible.
/// </summary>
internal sealed class DescribeAclsApi : IApiHandler
{
    public short Key => 29;

    public string Name => "DescribeAcls";

    public short MinVersion => 0;

    public short MaxVersion => 3;

    public short FirstFlexibleVersion => 2;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        AclFilter.Skip(context.ApiVersion, ref body);
        body.SkipTags();
        KafkaWriter response = context.Response;
        response.WriteInt32(0);
        response.WriteError(ErrorCode.SecurityDisabled);
        response.WriteNullableString(AclFilter.NoAuthorizer);
        response.WriteArrayLength(0);
        response.WriteEmptyTags();
        context.Send();
    }
}

/// <summary>What DescribeAcls and DeleteAcls ask by.</summary>
internal static class AclFilter
{
    public const string NoAuthorizer = "No Authorizer is configured.";

    /// <summary>Reads over one filter, without the tags after it.</summary>
    public static void Skip(short version, ref KafkaReader body)
    {
        body.ReadInt8();
        body.ReadNullableString();
        if (version >= 1)
        {
            body.ReadInt8();
        }

        body.ReadNullableString();
        body.ReadNullableString();
        body.ReadInt8();
        body.ReadInt8();
    }
}

using System.Text.RegularExpressions;
using Fabric.Kafka.Broker;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// ApiVersions (18), versions 0 to 3: which keys in which versions. Answered before SASL; the response header is always v0; a
/// version beyond 3 is answered UNSUPPORTED_VERSION in the shape of v0, with the table (KIP-511).
/// <para>
/// v1: throttle time. v3: flexible, client software name and version. No feature is finalized: clients use the classic
/// transaction flow.
/// </para>
/// </summary>
internal sealed partial class ApiVersionsApi(Func<ApiTable> table) : IConnectionApiHandler
{
    public short Key => 18;

    public string Name => "ApiVersions";

    public short MinVersion => 0;

    public short MaxVersion => 3;

    public short FirstFlexibleVersion => 3;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        ErrorCode error = context.ApiVersion < MinVersion || context.ApiVersion > MaxVersion
            ? ErrorCode.UnsupportedVersion
            : ReadSoftware(context.ApiVersion, ref body);
        short shape = error == ErrorCode.UnsupportedVersion ? (short)0 : context.ApiVersion;
        KafkaWriter response = context.Response;
        response.WriteError(error);
        WriteTable(response, error == ErrorCode.InvalidRequest ? [] : table().All);
        if (shape >= 1)
        {
            response.WriteInt32(0);
        }

        response.WriteEmptyTags();
        context.Send();
    }

    private static ErrorCode ReadSoftware(short version, ref KafkaReader body)
    {
        if (version < 3)
        {
            return ErrorCode.None;
        }

        string name = body.ReadString();
        string softwareVersion = body.ReadString();
        body.SkipTags();
        return Software().IsMatch(name) && Software().IsMatch(softwareVersion) ? ErrorCode.None : ErrorCode.InvalidRequest;
    }

    private static void WriteTable(KafkaWriter response, IReadOnlyList<IApiHandler> handlers)
    {
        response.WriteArrayLength(handlers.Count);
        foreach (IApiHandler handler in handlers)
        {
            response.WriteInt16(handler.Key);
            response.WriteInt16(handler.MinVersion);
            response.WriteInt16(handler.MaxVersion);
            response.WriteEmptyTags();
        }
    }

    [GeneratedRegex(@"\A[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Software();
}

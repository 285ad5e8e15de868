using Fabric.Core;

namespace Fabric.Avro.Registry;

/// <summary>A schema registry refused, or could not be reached. <see cref="FabricException.Code"/> is one of <see cref="RegistryCode"/>.</summary>
public sealed class RegistryException(
    string code, string message, string where = "", bool isRetriable = false, Exception? innerException = null)
    : FabricException(code, message, where, isRetriable, innerException);

/// <summary>Codes of <see cref="RegistryException"/>.</summary>
public static class RegistryCode
{
    /// <summary>The subject's compatibility level refuses the schema.</summary>
    public const string Incompatible = "SCHEMA_INCOMPATIBLE";

    /// <summary>No schema has this id.</summary>
    public const string Unknown = "SCHEMA_UNKNOWN";

    /// <summary>Not reachable or not able to answer now; retriable.</summary>
    public const string Unavailable = "REGISTRY_UNAVAILABLE";

    /// <summary>It answered with something else than the API says, or refused the request.</summary>
    public const string Refused = "REGISTRY_REFUSED";
}

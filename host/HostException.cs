using Fabric.Core;

namespace Fabric.Host;

/// <summary>The process cannot start or go on as configured.</summary>
internal sealed class HostException(
    string code, string message, string where = "", bool isRetriable = false, Exception? innerException = null)
    : FabricException(code, message, where, isRetriable, innerException);

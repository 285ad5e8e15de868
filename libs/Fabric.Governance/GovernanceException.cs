using Fabric.Core;

namespace Fabric.Governance;

/// <summary>A key, a policy or a lineage document could not be read or does not fit.</summary>
public sealed class GovernanceException(
    string code, string message, string where = "", bool isRetriable = false, Exception? innerException = null)
    : FabricException(code, message, where, isRetriable, innerException);

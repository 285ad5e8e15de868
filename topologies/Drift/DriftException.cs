using Fabric.Core;

namespace Fabric.Topologies.Drift;

/// <summary>
/// The baseline cannot be read. Code <c>DRIFT_BASELINE_UNREADABLE</c>: file, table, version or condition are not what the
/// configuration says; <c>DRIFT_BASELINE_COLUMNS</c>: a column is missing.
/// </summary>
public sealed class DriftException(string code, string message, string where, Exception? innerException = null)
    : FabricException(code, message, where, innerException: innerException);

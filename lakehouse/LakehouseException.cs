using Fabric.Core;

namespace Fabric.Lakehouse;

/// <summary>A table cannot be written or read as it is.</summary>
public sealed class LakehouseException(
    string code, string message, string where = "", bool isRetriable = false, Exception? innerException = null)
    : FabricException(code, message, where, isRetriable, innerException);

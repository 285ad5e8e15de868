using Fabric.Core;

namespace Fabric.Connectors;

/// <summary>A connector cannot go on: its progress is unreadable, or another instance took over.</summary>
public sealed class ConnectorException(
    string code, string message, string where = "", bool isRetriable = false, Exception? innerException = null)
    : FabricException(code, message, where, isRetriable, innerException);

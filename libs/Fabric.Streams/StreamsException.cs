using Fabric.Core;

namespace Fabric.Streams;

/// <summary>A topology cannot be built as it was written, or cannot go on as it runs.</summary>
public class StreamsException(
    string code, string message, string where = "", bool isRetriable = false, Exception? innerException = null)
    : FabricException(code, message, where, isRetriable, innerException);

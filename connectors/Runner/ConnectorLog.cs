using Fabric.Core;
using Microsoft.Extensions.Logging;

namespace Fabric.Connectors.Runner;

internal static partial class ConnectorLog
{
    [LoggerMessage(3001, LogLevel.Warning, "The session ended and begins again in {RetryAfterMs} ms")]
    public static partial void SessionFailed(ILogger log, FabricException exception, double retryAfterMs);

    [LoggerMessage(3002, LogLevel.Warning, "The transaction was aborted and is repeated")]
    public static partial void TransactionAborted(ILogger log, FabricException exception);

    [LoggerMessage(3003, LogLevel.Information, "The outcome of a commit is not known yet, attempt {Attempt}")]
    public static partial void CommitRetried(ILogger log, int attempt, FabricException exception);

    [LoggerMessage(3004, LogLevel.Warning, "Aborting before the session ends failed; the next session settles the transaction")]
    public static partial void AbortFailed(ILogger log, FabricException exception);

    [LoggerMessage(3005, LogLevel.Warning, "A record of {Bytes} bytes is more than a topic takes: it goes to quarantine, its bytes to a file")]
    public static partial void SetAside(ILogger log, int bytes);
}

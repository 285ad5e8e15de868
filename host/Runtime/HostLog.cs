using Fabric.Core;
using Microsoft.Extensions.Logging;

namespace Fabric.Host.Runtime;

internal static partial class HostLog
{
    [LoggerMessage(1001, LogLevel.Warning, "Publishing {Records} records about this process failed; they are sent again")]
    public static partial void PublishFailed(ILogger log, FabricException exception, int records);

    [LoggerMessage(1002, LogLevel.Error, "Another process has the same node name and took over publishing; give each its own")]
    public static partial void PublisherFenced(ILogger log, FabricException exception);

    [LoggerMessage(1003, LogLevel.Information, "{Component} is {State}: {Cause} {NextAction}")]
    public static partial void StateChanged(ILogger log, string component, string state, string cause, string nextAction);

    [LoggerMessage(1004, LogLevel.Error, "{Component} ended and does not come back by itself")]
    public static partial void ComponentFailed(ILogger log, string component, Exception exception);
}

using Microsoft.Extensions.DependencyInjection;
using System.CommandLine;
using Fabric.Core;
using Fabric.Host.Configuration;
using Fabric.Host.Runtime;
using Microsoft.Extensions.Logging;

namespace Fabric.Host.Commands;

/// <summary>Options and doors that several commands share.</summary>
internal static class CommonOptions
{
    public static Option<string> Config() => new("--config", "-c")
    {
        Description = "The configuration", DefaultValueFactory = _ => "fabric.yaml", HelpName = "FILE",
    };

    public static Option<bool> Json() => new("--json") { Description = "Print JSON instead of text: one object, or one a line" };

    public static Option<LogLevel> Log() => new("--log")
    {
        Description = "Least level of log lines on standard error", DefaultValueFactory = _ => LogLevel.Warning,
    };

    public static FabricConfiguration Load(string path) => FabricConfiguration.Load(path, Environment.GetEnvironmentVariable);

    /// <summary>The doors of a real process.</summary>
    public static RuntimeDoors Doors(LogLevel level) => new(
        TimeProvider.System, new Random(), new SystemIdSource(TimeProvider.System), Logs(level));

    private static ILoggerFactory Logs(LogLevel level) => LoggerFactory.Create(builder => builder
        .SetMinimumLevel(level)
        .AddFilter("Microsoft", LogLevel.Warning)
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
        })
        .Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(
            console => console.LogToStandardErrorThreshold = LogLevel.Trace));
}

using System.Diagnostics;
using Fabric.Kafka.Clients;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Streams.Tests.Runtime;

/// <summary>One instance of the chaos topology in a process of its own, to be killed.</summary>
internal static class ChaosProcess
{
    public static Process Start(string bootstrap, string prefix, string node)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            ArgumentList = { "exec", typeof(ChaosProcess).Assembly.Location, bootstrap, prefix, node },
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        return Process.Start(start) ?? throw new InvalidOperationException("The process did not start");
    }

    public static async Task<int> Main(string[] args)
    {
        var clients = new ConfluentKafkaClients(args[0], null, TimeProvider.System, NullLoggerFactory.Instance);
        await using KafkaStreams streams = await Running.StartAsync(
            ChaosTopology.Build(args[1]), ChaosTopology.Config(args[1], args[2]), clients);
        await Task.Delay(Timeout.InfiniteTimeSpan);
        return 0;
    }
}

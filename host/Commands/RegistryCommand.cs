using System.CommandLine;
using Fabric.Avro;
using Fabric.Avro.Registry.Server;
using Fabric.Host.Registry;
using Fabric.Host.Runtime;
using Fabric.Kafka.Clients;
using Microsoft.Extensions.Logging;

namespace Fabric.Host.Commands;

/// <summary><c>fabric registry</c>: the embedded schema registry alone.</summary>
internal static class RegistryCommand
{
    public static Command Create()
    {
        var kafka = new Option<string>("--kafka") { Description = "The Kafka that keeps the schemas", Required = true, HelpName = "HOST:PORT" };
        var listen = new Option<string>("--listen")
        {
            Description = "Address to listen on; port 0 lets the system pick", DefaultValueFactory = _ => "http://127.0.0.1:8081", HelpName = "URL",
        };
        Option<LogLevel> log = CommonOptions.Log();
        var command = new Command("registry", "Run the embedded schema registry alone") { kafka, listen, log };
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.GetValue(kafka)!, new Uri(parsed.GetValue(listen)!), parsed.GetValue(log), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string kafka, Uri listen, LogLevel log, CancellationToken cancellation)
    {
        RuntimeDoors doors = CommonOptions.Doors(log);
        using var schemas = new KafkaSchemaLog(
            new ConfluentKafkaClients(kafka, null, doors.Clock, doors.Logs), "fabric", 1, doors.Clock);
        RegistryServer server = await RegistryServer.StartAsync(
            schemas, listen, CompatibilityLevel.Backward, doors.Logs, cancellation).ConfigureAwait(false);
        await using (server.ConfigureAwait(false))
        {
            Console.WriteLine($"listening on {server.Address}, schemas in {kafka}");
            await Task.Delay(Timeout.InfiniteTimeSpan, doors.Clock, cancellation)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return ExitCode.Done;
    }
}

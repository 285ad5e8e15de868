using System.CommandLine;
using Fabric.Host.Configuration;
using Fabric.Host.Runtime;
using Fabric.Kafka.Broker;
using Microsoft.Extensions.Logging;

namespace Fabric.Host.Commands;

/// <summary><c>fabric broker</c>: the embedded broker alone, for any Kafka client.</summary>
internal static class BrokerCommand
{
    public static Command Create()
    {
        var data = new Option<string>("--data") { Description = "Where the logs are kept", Required = true, HelpName = "DIR" };
        var listen = new Option<string>("--listen")
        {
            Description = "Address to listen on; port 0 lets the system pick", DefaultValueFactory = _ => "127.0.0.1:9092",
            HelpName = "HOST:PORT",
        };
        var advertise = new Option<string?>("--advertise")
        {
            Description = "Address that clients are told to connect to, when they reach this machine by another one", HelpName = "HOST:PORT",
        };
        advertise.Validators.Add(result =>
        {
            if (result.GetValue(advertise) is { } address && KafkaOptions.HostAndPort(address) is null)
            {
                result.AddError($"--advertise: expected a host and port such as edge-1.plant.example:9092, found '{address}'");
            }
        });
        var partitions = new Option<int>("--partitions")
        {
            Description = "Partitions of topics that come into being by themselves", DefaultValueFactory = _ => 1,
        };
        Option<LogLevel> log = CommonOptions.Log();
        var command = new Command("broker", "Run the embedded Kafka broker alone") { data, listen, advertise, partitions, log };
        command.SetAction((parsed, cancellation) =>
        {
            (string Host, int Port)? advertised = parsed.GetValue(advertise) is { } address ? KafkaOptions.HostAndPort(address) : null;
            return RunAsync(
                new EmbeddedBrokerOptions
                {
                    DataDirectory = Path.GetFullPath(parsed.GetValue(data)!), Listen = parsed.GetValue(listen)!,
                    AdvertisedHost = advertised?.Host, AdvertisedPort = advertised?.Port,
                    DefaultPartitions = parsed.GetValue(partitions),
                },
                parsed.GetValue(log), cancellation);
        });
        return command;
    }

    private static async Task<int> RunAsync(EmbeddedBrokerOptions options, LogLevel log, CancellationToken cancellation)
    {
        RuntimeDoors doors = CommonOptions.Doors(log);
        EmbeddedBroker broker = await EmbeddedBroker.StartAsync(options, doors.Logs, doors.Clock, cancellation).ConfigureAwait(false);
        await using (broker.ConfigureAwait(false))
        {
            Console.WriteLine($"listening on {broker.BootstrapServers}, logs in {options.DataDirectory}");
            await Task.Delay(Timeout.InfiniteTimeSpan, doors.Clock, cancellation)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return ExitCode.Done;
    }
}

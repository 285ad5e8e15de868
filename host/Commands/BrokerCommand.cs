using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
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
        var advertise = new Option<DnsEndPoint?>("--advertise")
        {
            Description = "Address that clients are told to connect to, when they reach this machine by another one", HelpName = "HOST:PORT",
            CustomParser = ParseAdvertised,
        };
        var partitions = new Option<int>("--partitions")
        {
            Description = "Partitions of topics that come into being by themselves", DefaultValueFactory = _ => 1,
        };
        Option<LogLevel> log = CommonOptions.Log();
        var command = new Command("broker", "Run the embedded Kafka broker alone") { data, listen, advertise, partitions, log };
        command.SetAction((parsed, cancellation) => RunAsync(
            new EmbeddedBrokerOptions
            {
                DataDirectory = Path.GetFullPath(parsed.GetValue(data)!), Listen = parsed.GetValue(listen)!,
                AdvertisedHost = parsed.GetValue(advertise)?.Host, AdvertisedPort = parsed.GetValue(advertise)?.Port,
                DefaultPartitions = parsed.GetValue(partitions),
            },
            parsed.GetValue(log), cancellation));
        return command;
    }

    private static DnsEndPoint? ParseAdvertised(ArgumentResult result)
    {
        string text = result.Tokens.Single().Value;
        DnsEndPoint? address = KafkaOptions.HostAndPort(text);
        if (address is null)
        {
            result.AddError($"--advertise: {KafkaOptions.HostAndPortExpected}, found '{text}'");
        }

        return address;
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

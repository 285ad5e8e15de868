using System.Runtime.InteropServices;
using Fabric.Kafka.Broker;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

// broker DIRECTORY HOST:PORT [always|interval|os] [--log]: prints the address once it serves, runs until it is told to stop or killed.
FsyncPolicy fsync = args.ElementAtOrDefault(2) switch
{
    "interval" => FsyncPolicy.Interval,
    "os" => FsyncPolicy.OperatingSystem,
    _ => FsyncPolicy.Always,
};
using ILoggerFactory log = args.Contains("--log")
    ? LoggerFactory.Create(builder => builder.AddSimpleConsole().SetMinimumLevel(LogLevel.Debug))
    : NullLoggerFactory.Instance;
var stop = new TaskCompletionSource();
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
var options = new EmbeddedBrokerOptions { DataDirectory = args[0], Listen = args[1], Fsync = fsync, DefaultPartitions = 2 };
await using (EmbeddedBroker broker = await EmbeddedBroker.StartAsync(options, log, TimeProvider.System, CancellationToken.None))
{
    Console.WriteLine(broker.BootstrapServers);
    await stop.Task;
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.TrySetResult();
}

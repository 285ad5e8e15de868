using System.Diagnostics;
using Fabric.Kafka.Broker;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Lakehouse.Bench;

/// <summary>
/// The embedded broker in a process of its own, so that its CPU time is not counted with a reader's. Where there are two cores it
/// has the second, and this process the first.
/// </summary>
internal sealed class BrokerProcess : IDisposable
{
    private readonly Process _process;

    private BrokerProcess(Process process, string bootstrap)
    {
        _process = process;
        Bootstrap = bootstrap;
    }

    public string Bootstrap { get; }

    public static BrokerProcess Start(string folder)
    {
        Process process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["broker", folder])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false,
        })!;
        string bootstrap = process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The broker did not start");
        if (OperatingSystem.IsLinux() && Environment.ProcessorCount > 1)
        {
            process.ProcessorAffinity = 2;
            using var self = Process.GetCurrentProcess();
            self.ProcessorAffinity = 1;
        }

        return new BrokerProcess(process, bootstrap);
    }

    /// <summary>What the process does: serves until its input ends, which is also when its parent died.</summary>
    public static async Task<int> ServeAsync(string folder)
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { DataDirectory = folder, Listen = "127.0.0.1:0" }, NullLoggerFactory.Instance,
            TimeProvider.System, CancellationToken.None);
        Console.WriteLine(broker.BootstrapServers);
        while (await Console.In.ReadLineAsync() is not null)
        {
        }

        return 0;
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(10)))
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}

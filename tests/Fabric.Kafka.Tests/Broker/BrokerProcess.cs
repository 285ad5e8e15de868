using System.Diagnostics;
using System.Net;

namespace Fabric.Kafka.Tests.Broker;

/// <summary>A broker in a process of its own, to be killed.</summary>
internal sealed class BrokerProcess : IDisposable
{
    private readonly Process _process;

    private BrokerProcess(Process process, IPEndPoint address)
    {
        _process = process;
        Address = address;
    }

    public IPEndPoint Address { get; }

    /// <param name="before">A program and arguments to start it with, e.g. <c>unshare</c>; the last argument is a shell script that
    /// ends with <c>exec "$@"</c>.</param>
    public static async Task<BrokerProcess> StartAsync(string folder, string fsync = "always", params string[] before)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "Fabric.Kafka.BrokerProcess.dll");
        string[] command = [.. before, Environment.ProcessPath is { } host && Path.GetFileName(host) == "dotnet" ? host : "dotnet", program, folder, "127.0.0.1:0", fsync];
        var start = new ProcessStartInfo(command[0]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in command.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        Process process = Process.Start(start)!;
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        string? address = await process.StandardOutput.ReadLineAsync(bound.Token);
        if (address is null)
        {
            throw new InvalidOperationException("The broker did not start: " + await process.StandardError.ReadToEndAsync(bound.Token));
        }

        return new BrokerProcess(process, IPEndPoint.Parse(address));
    }

    /// <summary>SIGKILL: nothing is flushed, nothing is closed.</summary>
    public void Kill()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }
}

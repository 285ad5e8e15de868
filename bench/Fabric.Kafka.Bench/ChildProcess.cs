using System.Diagnostics;
using System.Net;

namespace Fabric.Kafka.Bench;

/// <summary>
/// A broker or peer in a process of its own, on the servers' core, so that its CPU time is its alone. It prints its address once
/// it serves, and ends when its input does or on SIGTERM.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;
    private readonly DirectoryInfo? _folder;

    private ChildProcess(string program, string[] arguments, DirectoryInfo? folder)
    {
        _folder = folder;
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, program), .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardInput = true,
        };
        Cores.StayOn(Cores.Server);
        _process = Process.Start(start)!;
        Cores.StayOn(Cores.Client);
        Bootstrap = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{program} did not start");
    }

    public string Bootstrap { get; }

    public IPEndPoint Address => IPEndPoint.Parse(Bootstrap);

    /// <summary>User and system time of all its threads. The kernel's own writing back to disk is nobody's and not in it.</summary>
    public TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>The embedded broker, on the disk that temporary files are on.</summary>
    /// <param name="fsync"><c>always</c>, the product's setting; <c>os</c> leaves it to the operating system.</param>
    public static ChildProcess Broker(string fsync = "always")
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("fabric-bench-");
        return new ChildProcess("Fabric.Kafka.BrokerProcess.dll", [Path.Combine(folder.FullName, "data"), "127.0.0.1:0", fsync], folder);
    }

    /// <summary>This program in one of its serving roles.</summary>
    public static ChildProcess Peer(string role) => new("Fabric.Kafka.Bench.dll", [role], null);

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _folder?.Delete(recursive: true);
    }
}

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Fabric.Devices.Bench;

/// <summary>A mosquitto on a free port of this machine, and mosquitto_pub to feed it.</summary>
internal sealed class MosquittoBroker : IDisposable
{
    private readonly Process _process;

    private MosquittoBroker(Process process, int port)
    {
        _process = process;
        Port = port;
    }

    public int Port { get; }

    /// <summary>Null when everything is there.</summary>
    public static string? MissingProgram =>
        new[] { "mosquitto", "mosquitto_pub", "node" }.FirstOrDefault(name => Find(name) is null);

    public static async Task<MosquittoBroker> StartAsync(string folder)
    {
        int port = FreePort();
        string settings = Path.Combine(folder, "mosquitto.conf");
        await File.WriteAllLinesAsync(
            settings,
            [
                $"listener {port} 127.0.0.1", "allow_anonymous true", "max_queued_messages 0", "log_dest stderr", "log_type information",
                .. Environment.UserName == "root" ? new[] { "user root" } : [],
            ]);
        Process process = Process.Start(new ProcessStartInfo(Find("mosquitto")!, ["-c", settings]) { RedirectStandardError = true })!;
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            if (line.Contains(" running", StringComparison.Ordinal))
            {
                _ = process.StandardError.ReadToEndAsync();
                return new MosquittoBroker(process, port);
            }
        }

        throw new InvalidOperationException("mosquitto did not start");
    }

    /// <summary>One message a line, QoS 0; ends when the publisher has sent them all.</summary>
    public async Task PublishAsync(string file, string topic)
    {
        using Process publisher = Process.Start(new ProcessStartInfo(
            "/bin/sh", ["-c", $"exec {Find("mosquitto_pub")} -h 127.0.0.1 -p {Port} -q 0 -l -t '{topic}' < '{file}'"]))!;
        await publisher.WaitForExitAsync();
        if (publisher.ExitCode != 0)
        {
            throw new InvalidOperationException($"mosquitto_pub ended with {publisher.ExitCode}");
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/sbin").Append("/usr/local/sbin")
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}

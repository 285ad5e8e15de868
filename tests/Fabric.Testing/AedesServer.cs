using System.Diagnostics;
using System.Globalization;

namespace Fabric.Testing;

/// <summary>
/// An aedes of one test's own on 127.0.0.1: a broker that knows MQTT 3.1.1 only. Its sessions live as long as it does. Call
/// <c>Skip.IfNot(AedesServer.Judge.IsPresent, AedesServer.Judge.Absent)</c> first.
/// </summary>
public sealed class AedesServer : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private readonly Process _process;

    private AedesServer(Process process, int port) => (_process, Port) = (process, port);

    public static Judge Judge => Judge.Script("mqtt-aedes.mjs");

    public int Port { get; }

    public Uri Url => new($"mqtt://127.0.0.1:{Port}");

    public static async Task<AedesServer> StartAsync()
    {
        Process process = Judge.Start();
        string? port = await process.StandardOutput.ReadLineAsync().WaitAsync(Bound);
        return port is null
            ? throw new InvalidOperationException("aedes did not start: " + await process.StandardError.ReadToEndAsync())
            : new AedesServer(process, int.Parse(port, CultureInfo.InvariantCulture));
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        try
        {
            await _process.WaitForExitAsync().WaitAsync(Bound);
        }
        catch (TimeoutException)
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}

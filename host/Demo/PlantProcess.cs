using System.Diagnostics;
using System.Text.Json;

namespace Fabric.Host.Demo;

/// <summary>The simulated plant as a child process under Node; it ends with its standard input.</summary>
internal sealed class PlantProcess : IAsyncDisposable
{
    private static readonly TimeSpan EndMax = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly TimeProvider _clock;

    private PlantProcess(Process process, TimeProvider clock, int port)
    {
        _process = process;
        _clock = clock;
        Port = port;
    }

    /// <summary>Where its MQTT broker listens on loopback.</summary>
    public int Port { get; }

    /// <summary>Starts the plant and waits until its broker listens.</summary>
    /// <exception cref="HostException"><c>PLANT_NOT_STARTED</c>.</exception>
    public static async Task<PlantProcess> StartAsync(
        IReadOnlyList<string> arguments, TimeProvider clock, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("node")
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false,
        };
        start.ArgumentList.Add(FindScript());
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new HostException(
                "PLANT_NOT_STARTED", "The demo's plant needs Node.js 20 or later; install it and run 'make setup'",
                innerException: exception);
        }

        JsonElement listening = await ReadEventAsync(process, "listening", cancellationToken).ConfigureAwait(false);
        return new PlantProcess(process, clock, listening.GetProperty("port").GetInt32());
    }

    /// <summary>Waits until the plant has begun to publish.</summary>
    public Task WhenStartedAsync(CancellationToken cancellationToken) => ReadEventAsync(_process, "started", cancellationToken);

    /// <summary>Waits until everything it published was acknowledged to it, and returns its totals.</summary>
    public async Task<PlantTotals> WhenDoneAsync(CancellationToken cancellationToken)
    {
        JsonElement done = await ReadEventAsync(_process, "done", cancellationToken).ConfigureAwait(false);
        return new PlantTotals(
            done.GetProperty("messages").GetInt64(), done.GetProperty("samples").GetInt64(),
            done.GetProperty("malformed").GetInt64());
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        try
        {
            await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(EndMax, _clock).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private static async Task<JsonElement> ReadEventAsync(Process process, string name, CancellationToken cancellationToken)
    {
        while (await process.StandardOutput.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
        {
            JsonElement json = JsonDocument.Parse(line).RootElement;
            if (json.GetProperty("event").GetString() == name)
            {
                return json;
            }
        }

        throw new HostException(
            "PLANT_NOT_STARTED", $"The demo's plant ended before it said '{name}'; run 'make setup' and look at its messages above");
    }

    /// <summary>Beside the program when published, in the checkout otherwise.</summary>
    private static string FindScript()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string script = Path.Combine(at.FullName, "plant", "plant.mjs");
            if (File.Exists(script))
            {
                return script;
            }
        }

        throw new HostException("PLANT_NOT_STARTED", "The plant (plant/plant.mjs) is not beside this program nor in a checkout above it");
    }
}

/// <summary>What was acknowledged to the plant.</summary>
internal readonly record struct PlantTotals(long Messages, long Samples, long Malformed);

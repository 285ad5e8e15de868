using System.Diagnostics;
using System.Text.Json;
using Fabric.Testing;

namespace Fabric.Host.Tests.EndToEnd;

/// <summary>The plant as a child process that publishes to a broker of the test's.</summary>
internal sealed class PlantRun : IAsyncDisposable
{
    private readonly Process _process;

    private PlantRun(Process process) => _process = process;

    public static bool IsInstalled => Directory.Exists(Path.Combine(TestData.RepositoryRoot, "plant", "node_modules"));

    public static PlantRun Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("node")
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false,
        };
        start.ArgumentList.Add(Path.Combine(TestData.RepositoryRoot, "plant", "plant.mjs"));
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return new PlantRun(Process.Start(start)!);
    }

    /// <summary>Tells it to stop publishing.</summary>
    public void Stop() => _process.StandardInput.Close();

    /// <summary>Waits until everything was acknowledged to it; returns the number of samples.</summary>
    public async Task<long> WhenDoneAsync(TimeSpan bound)
    {
        using var timeout = new CancellationTokenSource(bound);
        while (await _process.StandardOutput.ReadLineAsync(timeout.Token) is { } line)
        {
            JsonElement json = JsonDocument.Parse(line).RootElement;
            if (json.GetProperty("event").GetString() == "done")
            {
                return json.GetProperty("samples").GetInt64();
            }
        }

        throw new InvalidOperationException("The plant ended without having published everything");
    }

    public ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
        return ValueTask.CompletedTask;
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;

namespace Fabric.Host.Tests.EndToEnd;

/// <summary>The <c>fabric</c> command as a child process: as users run it, and so that it can be killed.</summary>
internal sealed class FabricProcess : IAsyncDisposable
{
    private static readonly TimeSpan EndMax = TimeSpan.FromSeconds(40);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();

    private FabricProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Everything it said so far, both streams.</summary>
    public string Output => string.Join('\n', _output);

    public bool HasEnded => _process.HasExited;

    public static FabricProcess Start(params string[] arguments) => StartIn(Environment.CurrentDirectory, arguments);

    /// <summary>Starts in a folder, which relative paths begin from.</summary>
    public static FabricProcess StartIn(string folder, params string[] arguments)
    {
        ProcessStartInfo start = Command(folder, arguments);
        start.RedirectStandardInput = true;
        return new FabricProcess(Process.Start(start)!);
    }

    /// <summary>Runs a command to its end.</summary>
    public static Task<(int ExitCode, string Output)> RunAsync(TimeSpan bound, params string[] arguments) =>
        RunInAsync(Environment.CurrentDirectory, bound, arguments);

    /// <summary>Runs a command to its end in a folder, which relative paths begin from.</summary>
    public static Task<(int ExitCode, string Output)> RunInAsync(string folder, TimeSpan bound, params string[] arguments) =>
        OutsideProcess.RunAsync(Command(folder, arguments), bound);

    /// <summary>SIGKILL: no handler runs, nothing is flushed.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Waits until it has said something.</summary>
    public async Task WhenSaidAsync(string text, TimeSpan bound)
    {
        using var timeout = new CancellationTokenSource(bound);
        while (!Output.Contains(text, StringComparison.Ordinal))
        {
            if (HasEnded || timeout.IsCancellationRequested)
            {
                throw new TimeoutException($"The process did not say '{text}' (ended: {HasEnded}):\n{Output}");
            }

            await Task.Delay(50);
        }
    }

    /// <summary>Asks it to stop (SIGTERM) and waits; kills it after the bound. Returns its exit code.</summary>
    public async Task<int> StopAsync()
    {
        if (!_process.HasExited)
        {
            using Process? signal = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            using var timeout = new CancellationTokenSource(EndMax);
            try
            {
                await _process.WaitForExitAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                await KillAsync();
            }
        }

        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process.Dispose();
    }

    private static ProcessStartInfo Command(string folder, string[] arguments) => new(
        "dotnet", [Path.Combine(AppContext.BaseDirectory, "fabric.dll"), .. arguments])
    {
        RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = folder,
    };

    private void Keep(string? line)
    {
        const int linesMax = 5000;
        if (line is not null && _output.Count < linesMax)
        {
            _output.Enqueue(line);
        }
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Fabric.EndToEnd.Bench;

/// <summary>A .NET program of this folder as a process of its own, and what it says.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan EndMax = TimeSpan.FromSeconds(40);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();

    private ChildProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public IReadOnlyCollection<string> Output => _output;

    public static ChildProcess Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, program));
        Array.ForEach(arguments, start.ArgumentList.Add);
        return new ChildProcess(Process.Start(start)!);
    }

    /// <summary>Waits until it has said something; fails when it ends or the bound is over before.</summary>
    public async Task WhenSaidAsync(string text, TimeSpan bound)
    {
        long startedAt = Stopwatch.GetTimestamp();
        while (!_output.Any(line => line.Contains(text, StringComparison.Ordinal)))
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(startedAt) > bound)
            {
                throw new InvalidOperationException($"The process did not say '{text}':\n{string.Join('\n', _output)}");
            }

            await Task.Delay(50);
        }
    }

    /// <summary>A line on its input, then waits for it to end. Returns its exit code.</summary>
    public async Task<int> EndAsync(string line, TimeSpan bound)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
        await _process.WaitForExitAsync().WaitAsync(bound);
        return _process.ExitCode;
    }

    /// <summary>Asks it to stop (SIGTERM) and waits; kills it after a bound.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using (Process.Start("kill", ["-TERM", Id.ToString(CultureInfo.InvariantCulture)]))
            {
                using var timeout = new CancellationTokenSource(EndMax);
                await _process.WaitForExitAsync(timeout.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            if (!_process.HasExited)
            {
                _process.Kill();
            }
        }

        _process.Dispose();
    }

    private void Keep(string? line)
    {
        const int linesMax = 20_000;
        if (line is not null && _output.Count < linesMax)
        {
            _output.Enqueue(line);
        }
    }
}

using System.Diagnostics;
using System.Text;
using Fabric.Testing;

namespace Fabric.Host.Tests.EndToEnd;

/// <summary>What <c>fabric run</c> shows on a terminal: a pseudo-terminal of <c>script</c>'s.</summary>
[Collection("EndToEnd")]
public sealed class LiveTableTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);

    [SkippableFact]
    public async Task Terminal_shows_states_rates_lag_and_freshness_until_interrupted()
    {
        Judge script = Judge.Program("script");
        Skip.IfNot(OperatingSystem.IsLinux() && script.IsPresent, script.Absent);
        using var folder = new TempFolder();
        File.WriteAllText(folder["fabric.yaml"], "fabric: f\nkafka: { bootstrap: embedded, listen: 127.0.0.1:0 }\n");
        // Wide, so that no cause of a state pushes the words that are looked for into two lines.
        string command = $"stty cols 240 rows 60; exec dotnet {Path.Combine(AppContext.BaseDirectory, "fabric.dll")} run --config {folder["fabric.yaml"]}";
        using Process terminal = script.Start("-qefc", command, "/dev/null");
        try
        {
            string shown = await UntilAsync(terminal, ["component", "sink:raw", "running", "samples/s", "rows/s", "lag:", "freshness"]);
            Assert.DoesNotContain("failed", shown, StringComparison.Ordinal);
            await terminal.StandardInput.WriteAsync('\u0003'); // what the key combination for an interrupt sends
            await terminal.StandardInput.FlushAsync();
            await UntilAsync(terminal, ["stopping: connectors first, tables last"]);
            await terminal.WaitForExitAsync().WaitAsync(Bound);
            Assert.Equal(0, terminal.ExitCode);
        }
        finally
        {
            if (!terminal.HasExited)
            {
                terminal.Kill(entireProcessTree: true);
            }
        }
    }

    /// <summary>Reads until all words have been shown.</summary>
    private static async Task<string> UntilAsync(Process terminal, string[] words)
    {
        var shown = new StringBuilder();
        char[] buffer = new char[4096];
        using var timeout = new CancellationTokenSource(Bound);
        while (!words.All(word => shown.ToString().Contains(word, StringComparison.Ordinal)))
        {
            int read = 0;
            try
            {
                read = await terminal.StandardOutput.ReadAsync(buffer, timeout.Token);
            }
            catch (OperationCanceledException)
            {
                // told below, with what was shown
            }

            Assert.True(read > 0, $"Of {string.Join(", ", words)} not all were shown: {shown}");
            shown.Append(buffer, 0, read);
        }

        return shown.ToString();
    }
}

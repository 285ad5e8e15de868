using System.Diagnostics;

namespace Fabric.Host.Tests.EndToEnd;

/// <summary>Runs a program to its end.</summary>
internal static class OutsideProcess
{
    /// <param name="start">With both outputs redirected.</param>
    /// <param name="bound">After which it is killed.</param>
    /// <returns>Its exit code, and what it said on its output and then on its error output.</returns>
    /// <exception cref="TimeoutException">It did not end in time.</exception>
    public static async Task<(int ExitCode, string Output)> RunAsync(ProcessStartInfo start, TimeSpan bound)
    {
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        using var timeout = new CancellationTokenSource(bound);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException(
                $"{start.FileName} {string.Join(' ', start.ArgumentList)} did not end within {bound}: {await output}{await error}");
        }

        return (process.ExitCode, await output + await error);
    }
}

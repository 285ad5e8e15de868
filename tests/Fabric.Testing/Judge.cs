using System.Diagnostics;

namespace Fabric.Testing;

/// <summary>
/// Somebody else's implementation, run as an outside process. Missing judges fail when <c>CI</c> is set and skip visibly
/// elsewhere: call <c>Skip.IfNot(judge.IsPresent, judge.Absent)</c> first.
/// </summary>
public sealed class Judge
{
    private readonly string _fileName;
    private readonly string[] _leadingArguments;

    private Judge(string name, string fileName, string[] leadingArguments, bool isPresent)
    {
        Name = name;
        _fileName = fileName;
        _leadingArguments = leadingArguments;
        if (!isPresent && Environment.GetEnvironmentVariable("CI") is "true" or "1")
        {
            throw new InvalidOperationException($"The judge '{name}' is missing in CI: run 'make setup'");
        }

        IsPresent = isPresent;
    }

    public string Name { get; }

    public bool IsPresent { get; }

    public string Absent => $"The judge '{Name}' is not installed: run 'make setup'";

    /// <summary>A program on the PATH (or in sbin), e.g. <c>kcat</c>, <c>mosquitto</c>.</summary>
    public static Judge Program(string name)
    {
        string? path = FindOnPath(name);
        return new Judge(name, path ?? name, [], path is not null);
    }

    /// <summary>A script of <c>tests/judges</c> under Node.</summary>
    public static Judge Script(string fileName)
    {
        string folder = Path.Combine(TestData.RepositoryRoot, "tests", "judges");
        bool present = FindOnPath("node") is not null && Directory.Exists(Path.Combine(folder, "node_modules"));
        return new Judge(fileName, FindOnPath("node") ?? "node", [Path.Combine(folder, fileName)], present);
    }

    /// <summary>A Python script of <c>tests/judges</c> under Debian's Python (which has scipy and avro).</summary>
    public static Judge Python(string fileName)
    {
        string path = Path.Combine(TestData.RepositoryRoot, "tests", "judges", fileName);
        return new Judge(fileName, "/usr/bin/python3", [path], File.Exists("/usr/bin/python3"));
    }

    /// <summary>Starts the process with both outputs and the input redirected. The caller ends it.</summary>
    public Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(_fileName)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (string argument in _leadingArguments.Concat(arguments))
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"'{Name}' did not start");
    }

    /// <summary>Runs to the end with <paramref name="input"/> on standard input; kills it after the bound.</summary>
    public async Task<JudgeResult> RunAsync(string? input, TimeSpan bound, params string[] arguments)
    {
        using Process process = Start(arguments);
        using var timeout = new CancellationTokenSource(bound);
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        Task<string> error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            if (input is not null)
            {
                await process.StandardInput.WriteAsync(input.AsMemory(), timeout.Token);
            }

            process.StandardInput.Close();
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"'{Name}' did not end within {bound}: {await error}");
        }

        return new JudgeResult(process.ExitCode, await output, await error);
    }

    private static string? FindOnPath(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Append("/usr/sbin").Append("/usr/local/sbin")
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
}

/// <summary>How an outside process ended.</summary>
public sealed record JudgeResult(int ExitCode, string Output, string Error);

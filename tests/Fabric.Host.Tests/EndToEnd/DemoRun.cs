using Fabric.Testing;

namespace Fabric.Host.Tests.EndToEnd;

/// <summary>
/// One run of the demo, as the README has it but shorter, for all tests that look at what it leaves behind. It runs when the first
/// of them asks.
/// </summary>
public sealed class DemoRun : IDisposable
{
    /// <summary>Where the README puts the demo, seen from the folder it is read in.</summary>
    public const string Data = "data/demo";

    private const string Seconds = "10";
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(4);

    private readonly TempFolder _folder = new();
    private readonly Lazy<Task<(int ExitCode, string Output)>> _run;

    public DemoRun() => _run = new Lazy<Task<(int, string)>>(() => FabricProcess.RunInAsync(
        Folder, Bound, "demo", "--seconds", Seconds, "--json", "--data", Data));

    /// <summary>Where the commands of the README are typed.</summary>
    public string Folder => _folder.Path;

    /// <summary>The demo's configuration.</summary>
    public string Configuration => _folder[$"{Data}/fabric.yaml"];

    /// <summary>The demo's tables.</summary>
    public string Lake => _folder[$"{Data}/data/lake"];

    /// <summary>Waits until it has ended; skips where the plant is not installed.</summary>
    public async Task<(int ExitCode, string Output)> WhenDoneAsync()
    {
        Skip.IfNot(PlantRun.IsInstalled, "The plant is not installed: run 'make setup'");
        return await _run.Value;
    }

    public void Dispose() => _folder.Dispose();
}

/// <summary>One at a time: each of these takes the whole machine.</summary>
[CollectionDefinition("EndToEnd", DisableParallelization = true)]
public sealed class EndToEndCollection : ICollectionFixture<DemoRun>;

using System.Globalization;
using System.Runtime.CompilerServices;

namespace Fabric.EndToEnd.Bench;

/// <summary>What one run has shown. Rates are samples per second over the measured stretch.</summary>
internal sealed record RunReport
{
    private const double KeptUpSlackSeconds = 1;
    private const double AchievedShareMin = 0.99;
    private static readonly string[] Processes = ["fabric", "mosquitto", "publisher"];

    public required int SamplesOffered { get; init; }

    public required double SamplesPublished { get; init; }

    public required double SamplesAcknowledged { get; init; }

    public required long SamplesInLedger { get; init; }

    public required long SamplesUnacknowledged { get; init; }

    public required long FromMicros { get; init; }

    public required long ToMicros { get; init; }

    /// <summary>Whether everything that was acknowledged came into both tables.</summary>
    public required bool IsDrained { get; init; }

    /// <summary>From the publisher's end until then; holds up to one flush interval.</summary>
    public required double DrainSeconds { get; init; }

    /// <summary>Of fabric, mosquitto and publisher.</summary>
    public required ProcessUsage[] Before { get; init; }

    public required ProcessUsage[] After { get; init; }

    public required double PeakResidentMiB { get; init; }

    public required IReadOnlyList<SeenCommit> RawCommits { get; init; }

    public required IReadOnlyList<SeenCommit> TelemetryCommits { get; init; }

    public LedgerVerdict? Raw { get; init; }

    public LedgerVerdict? Telemetry { get; init; }

    public Freshness? RawFreshness { get; init; }

    public Freshness? TelemetryFreshness { get; init; }

    public double Seconds => (ToMicros - FromMicros) / 1e6;

    public bool IsExact => IsDrained && Raw!.IsExact && Telemetry!.IsExact;

    /// <summary>
    /// What was offered was acknowledged, and the newest rows of commits were no older in the last third of the stretch than in the
    /// first: nothing piled up anywhere on the way, not in mosquitto either.
    /// </summary>
    public bool IsSustained => SamplesAcknowledged >= SamplesOffered * AchievedShareMin && KeptUp(RawFreshness!) && KeptUp(TelemetryFreshness!);

    public void Print(bool showsThreads)
    {
        Line($"offered {SamplesOffered:N0} samples/s for {Seconds:0.0} s; published {SamplesPublished:N0}/s, acknowledged {SamplesAcknowledged:N0}/s");
        PrintTable("raw", Raw!, RawFreshness!, RawCommits);
        PrintTable("telemetry", Telemetry!, TelemetryFreshness!, TelemetryCommits);
        Line($"everything acknowledged was in both tables {DrainSeconds:0.0} s after the publisher had ended");
        double all = 0;
        for (int i = 0; i < Processes.Length; i++)
        {
            double seconds = After[i].CpuSeconds - Before[i].CpuSeconds;
            all += seconds;
            Line($"{Processes[i],-10} {seconds,6:0.0} CPU-seconds, {seconds / Seconds:0.00} of a core, {seconds * 1e9 / (SamplesAcknowledged * Seconds):N0} ns a sample");
        }

        Line($"together   {all,6:0.0} CPU-seconds, {all / Seconds:0.00} cores of {Environment.ProcessorCount}; fabric's memory peaked at {PeakResidentMiB:N0} MiB");
        if (showsThreads)
        {
            PrintThreads();
        }

        Line($"ledger {SamplesInLedger:N0} samples; exactly once: {(IsExact ? "yes" : "NO")}; sustained: {(IsSustained ? "yes" : "no")}");
    }

    private static bool KeptUp(Freshness freshness)
    {
        IReadOnlyList<double> newest = freshness.NewestBySeconds;
        int third = newest.Count / 3;
        return third > 0 && newest.TakeLast(third).Average() <= newest.Take(third).Average() + KeptUpSlackSeconds;
    }

    private void PrintTable(string name, LedgerVerdict verdict, Freshness freshness, IReadOnlyList<SeenCommit> commits)
    {
        SeenCommit[] measured = [.. commits.Where(commit => commit.SeenMicros >= FromMicros && commit.SeenMicros <= ToMicros)];
        long rows = measured.Skip(1).Sum(commit => commit.Rows);
        double seconds = measured.Length < 2 ? double.NaN : (measured[^1].SeenMicros - measured[0].SeenMicros) / 1e6;
        string newest = string.Join(" ", freshness.NewestBySeconds.Select(age => age.ToString("0.0", CultureInfo.InvariantCulture)));
        Line($"{name,-10} {rows / seconds:N0} rows/s visible, {(double)commits.Sum(commit => commit.Bytes) / commits.Sum(commit => commit.Rows):0.0} bytes a row; publish to visible p50 {freshness.P50:0.0} s, p99 {freshness.P99:0.0} s; newest row of each commit {newest} s old");
        Line($"{"",-10} {verdict.Rows:N0} rows: messages missing {verdict.Missing}, doubled {verdict.Doubled}, wrong {verdict.Wrong}, unknown {verdict.Unknown}");
    }

    private void PrintThreads()
    {
        foreach ((string name, double seconds) in After[0].ThreadSeconds
            .Select(thread => (thread.Key, Seconds: thread.Value - Before[0].ThreadSeconds.GetValueOrDefault(thread.Key)))
            .Where(thread => thread.Seconds > 0.1).OrderByDescending(thread => thread.Seconds))
        {
            Line($"  {name,-16} {seconds,6:0.0} CPU-seconds, {seconds * 1e9 / (SamplesAcknowledged * Seconds):N0} ns a sample");
        }
    }

    private static void Line(DefaultInterpolatedStringHandler text) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, ref text));
}

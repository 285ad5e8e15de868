using Fabric.Core.Options;
using Fabric.Topologies.Drift;

namespace Fabric.Topologies.Tests;

public sealed class DriftOptionsTests
{
    [Fact]
    public void Everything_said_is_read()
    {
        DriftOptions options = Read("""
            use: drift
            name: vibration
            signals: [Pump.vibration, "*.pressure", "Press.*"]
            baseline: { table: telemetry, version: 12, where: "number > 0" }
            window: 5m
            grace: 20s
            idle: 2m
            alpha: 0.05
            minimum: 50
            """, out IReadOnlyList<OptionProblem> problems);
        Assert.Empty(problems);
        Assert.Equal(
            [new SignalSelector("Pump", "vibration"), new SignalSelector(null, "pressure"), new SignalSelector("Press", null)],
            options.Signals);
        Assert.Equal(new BaselineOptions.OfTable("telemetry", 12, "number > 0"), options.Baseline);
        Assert.Equal(
            ("vibration", 300.0, 20.0, 120.0, 0.05, 50),
            (options.Name, options.Window.TotalSeconds, options.Grace.TotalSeconds, options.Idle.TotalSeconds, options.Alpha, options.Minimum));
    }

    [Theory]
    [InlineData("use: drift\nbaseline: { table: t, version: 1 }", 1, "missing 'signals'")]
    [InlineData("use: drift\nsignals: []\nbaseline: { table: t, version: 1 }", 2, "at least one signal")]
    [InlineData("use: drift\nsignals: [vibration]\nbaseline: { table: t, version: 1 }", 2, "found 'vibration'")]
    [InlineData("use: drift\nsignals: [\"Pu*.x\"]\nbaseline: { table: t, version: 1 }", 2, "found 'Pu*.x'")]
    [InlineData("use: drift\nsignals: [\"*\"]", 1, "missing 'baseline'")]
    [InlineData("use: drift\nsignals: [\"*\"]\nbaseline: { table: t }", 3, "missing 'version'")]
    [InlineData("use: drift\nsignals: [\"*\"]\nbaseline: { table: ../t, version: 1 }", 3, "not a path")]
    [InlineData("use: drift\nsignals: [\"*\"]\nbaseline: { file: gone.csv }", 3, "there is no file")]
    [InlineData("use: drift\nsignals: [\"*\"]\nbaseline: { file: x.json }", 3, ".csv or .parquet")]
    [InlineData("use: drift\nsignals: [\"*\"]\nbaseline: { file: gone.csv, where: x }", 3, "where")]
    [InlineData("use: drift\nsignals: [\"*\"]\nbaseline: { table: t, version: 1 }\nalpha: 2", 4, "0.5")]
    [InlineData("use: drift\nsignals: [\"*\"]\nbaseline: { table: t, version: 1 }\nwindows: 5m", 4, "did you mean 'window'")]
    [InlineData("use: drift\nname: a/b\nsignals: [\"*\"]\nbaseline: { table: t, version: 1 }", 2, "letters")]
    public void A_mistake_is_reported_with_its_line(string yaml, int line, string says)
    {
        _ = Read(yaml, out IReadOnlyList<OptionProblem> problems);
        Assert.Contains(problems, problem => problem.Line == line && problem.Message.Contains(says, StringComparison.Ordinal));
    }

    private static DriftOptions Read(string yaml, out IReadOnlyList<OptionProblem> problems)
    {
        var document = OptionDocument.Parse(yaml, "fabric.yaml", Path.GetTempPath(), _ => null);
        DriftOptions options = DriftOptions.Read(new OptionReader(document, document.Root));
        problems = document.Problems;
        return options;
    }
}

using Fabric.Core.Options;

namespace Fabric.Topologies.Drift;

/// <summary>Where the reference sample comes from.</summary>
/// <param name="Name">What results call it, e.g. <c>telemetry@12</c> or <c>commissioning.csv</c>.</param>
public abstract record BaselineOptions(string Name)
{
    /// <summary>Rows of a Delta table of the lake, pinned to a version so that the sample never changes.</summary>
    /// <param name="Where">An SQL condition on the table's columns; null for all rows.</param>
    public sealed record OfTable(string Table, long Version, string? Where) : BaselineOptions($"{Table}@{Version}");

    /// <summary>A CSV or Parquet file.</summary>
    /// <param name="Path">Absolute.</param>
    public sealed record OfFile(string Path) : BaselineOptions(System.IO.Path.GetFileName(Path));
}

/// <summary>A drift topology as configured.</summary>
/// <param name="Name">Unique among topologies; appears in every result.</param>
/// <param name="Signals">Signals that are looked at; one match is enough.</param>
/// <param name="Window">Length of the tumbling windows of event time.</param>
/// <param name="Grace">How late, in event time, a sample may come and still count.</param>
/// <param name="Idle">A device silent for so long, by wall clock, no longer holds windows open.</param>
/// <param name="Alpha">p below this is drift, 0..1 exclusive.</param>
/// <param name="Minimum">Values a window and its reference need for a verdict, at least 1.</param>
public sealed record DriftOptions(
    string Name, IReadOnlyList<SignalSelector> Signals, BaselineOptions Baseline, TimeSpan Window, TimeSpan Grace,
    TimeSpan Idle, double Alpha, int Minimum)
{
    /// <summary>Fewest values for a verdict unless the configuration says otherwise.</summary>
    public const int MinimumDefault = 30;

    /// <summary>Reads a <c>{ use: drift, … }</c> section to its end. Mistakes go to the section's document.</summary>
    public static DriftOptions Read(OptionReader section)
    {
        section.Find("use");
        string name = section.Text("name") ?? "drift";
        if (name.Length is 0 or > 64 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            section.Document.Report(section.Find("name")!, "expected letters, digits, '-' and '_', at most 64");
        }

        var options = new DriftOptions(
            name, ReadSignals(section), ReadBaseline(section),
            section.Duration("window", TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(1), TimeSpan.FromDays(7)),
            section.Duration("grace", TimeSpan.FromSeconds(30), TimeSpan.Zero, TimeSpan.FromDays(1)),
            section.Duration("idle", TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            section.Number("alpha", 0.01, 1e-12, 0.5), (int)section.Integer("minimum", MinimumDefault, 1, 1_000_000));
        section.Finish();
        return options;
    }

    private static List<SignalSelector> ReadSignals(OptionReader section)
    {
        var selectors = new List<SignalSelector>();
        OptionNode? node = section.Find("signals");
        foreach (string text in section.Texts("signals"))
        {
            if (SignalSelector.TryParse(text, out SignalSelector? selector))
            {
                selectors.Add(selector);
            }
            else
            {
                section.Document.Report(node!, $"expected Model.signal, Model.*, *.signal or *, found '{text}'");
            }
        }

        if (node is null)
        {
            section.Report("missing 'signals': expected a list such as [Pump.vibration]");
        }
        else if (node.Kind == OptionKind.List && node.Items.Count == 0)
        {
            section.Document.Report(node, "expected at least one signal such as Pump.vibration");
        }

        return selectors;
    }

    private static BaselineOptions ReadBaseline(OptionReader section)
    {
        if (section.Section("baseline") is not { } baseline)
        {
            section.Report("missing 'baseline': expected { table: telemetry, version: 12 } or { file: baseline.csv }");
            return new BaselineOptions.OfFile("");
        }

        if (baseline.Find("file") is { } node)
        {
            BaselineOptions file = ReadFile(baseline, node);
            baseline.Finish();
            return file;
        }

        string table = baseline.RequiredText("table", "a table of the lake, e.g. telemetry, or instead 'file'");
        if (table.AsSpan().ContainsAny('/', '\\') || table.StartsWith('.'))
        {
            baseline.Document.Report(baseline.Find("table")!, "expected the name of a table of the lake, not a path");
        }

        if (baseline.Find("version") is null)
        {
            baseline.Report("missing 'version': a baseline is pinned to a version of its table; see 'fabric tables history'");
        }

        var rows = new BaselineOptions.OfTable(
            table, baseline.Integer("version", 0, 0, long.MaxValue), baseline.Text("where"));
        baseline.Finish();
        return rows;
    }

    private static BaselineOptions.OfFile ReadFile(OptionReader baseline, OptionNode node)
    {
        string path = baseline.Text("file") ?? "";
        string full = Path.GetFullPath(path, Path.GetFullPath(baseline.Document.Folder));
        if (Path.GetExtension(path) is not (".csv" or ".parquet"))
        {
            baseline.Document.Report(node, "expected a .csv or .parquet file");
        }
        else if (!File.Exists(full))
        {
            baseline.Document.Report(node, $"there is no file '{full}'");
        }

        return new BaselineOptions.OfFile(full);
    }
}

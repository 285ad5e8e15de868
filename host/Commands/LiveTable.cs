using System.Globalization;
using Fabric.Core.Health;
using Fabric.Host.Runtime;
using Spectre.Console;

namespace Fabric.Host.Commands;

/// <summary>
/// What a running fabric shows: on a terminal a table that renews itself (state, rates, lag, freshness), elsewhere a
/// line when a component changes its state.
/// </summary>
internal static class LiveTable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Shows until cancelled.</summary>
    public static async Task ShowAsync(FabricRuntime runtime, TimeProvider clock, CancellationToken cancellation)
    {
        using var metrics = new MetricsText();
        try
        {
            if (Console.IsOutputRedirected)
            {
                await PrintChangesAsync(runtime, clock, cancellation).ConfigureAwait(false);
                return;
            }

            await AnsiConsole.Live(Render(runtime, metrics, new Rates())).StartAsync(async context =>
            {
                var rates = new Rates();
                while (true)
                {
                    await Task.Delay(Interval, clock, cancellation).ConfigureAwait(false);
                    context.UpdateTarget(Render(runtime, metrics, rates));
                }
            }).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // asked to stop: the caller goes on
        }
    }

    private static async Task PrintChangesAsync(FabricRuntime runtime, TimeProvider clock, CancellationToken cancellation)
    {
        var shown = new Dictionary<string, HealthState>(StringComparer.Ordinal);
        while (true)
        {
            foreach (ComponentHealth component in runtime.Status.Components)
            {
                if (!shown.TryGetValue(component.Name, out HealthState state) || state != component.State)
                {
                    shown[component.Name] = component.State;
                    Console.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{component.Since:HH:mm:ss} {component.Name} {component.State.ToString().ToLowerInvariant()} {component.Cause} {component.NextAction}")
                        .TrimEnd());
                }
            }

            await Task.Delay(Interval, clock, cancellation).ConfigureAwait(false);
        }
    }

    private static Table Render(FabricRuntime runtime, MetricsText metrics, Rates rates)
    {
        rates.Update(metrics);
        Table table = new Table().Border(TableBorder.Simple).AddColumns("component", "state", "since", "cause", "next");
        foreach (ComponentHealth component in runtime.Status.Components)
        {
            string colour = component.State is HealthState.Running or HealthState.Stopped ? "green"
                : component.State == HealthState.Failed ? "red" : "yellow";
            table.AddRow(
                Markup.Escape(component.Name), $"[{colour}]{component.State.ToString().ToLowerInvariant()}[/]",
                component.Since.ToString("HH:mm:ss", CultureInfo.InvariantCulture), Markup.Escape(component.Cause),
                Markup.Escape(component.NextAction));
        }

        string freshness = string.Join("  ", Lakehouse.Tables.StandardTables.Names
            .Select(name => (name, age: runtime.Freshness.Quantile(name, 0.5)))
            .Where(item => item.age is not null)
            .Select(item => string.Create(CultureInfo.InvariantCulture, $"{item.name} {item.age!.Value.TotalSeconds:0.0} s")));
        table.Caption(Markup.Escape(string.Create(
            CultureInfo.InvariantCulture,
            $"{rates.SamplesPerSecond:n0} samples/s in, {rates.RowsPerSecond:n0} rows/s out; "
            + $"lag: topologies {rates.TopologyLag:n0}, tables {rates.TableLag:n0}; freshness p50: {freshness}")));
        return table;
    }

    /// <summary>Differences between two looks at the counters.</summary>
    private sealed class Rates
    {
        private double _samples;
        private double _rows;

        public double SamplesPerSecond { get; private set; }

        public double RowsPerSecond { get; private set; }

        /// <summary>Records that topologies have not processed yet.</summary>
        public double TopologyLag { get; private set; }

        /// <summary>Records that no sink has read yet.</summary>
        public double TableLag { get; private set; }

        public void Update(MetricsText metrics)
        {
            metrics.Refresh();
            TopologyLag = metrics.Total("streams.lag");
            TableLag = metrics.Total("fabric.sink.lag");
            double samples = metrics.Total("fabric.connector.samples"), rows = metrics.Total("fabric.sink.rows");
            SamplesPerSecond = (samples - _samples) / Interval.TotalSeconds;
            RowsPerSecond = (rows - _rows) / Interval.TotalSeconds;
            (_samples, _rows) = (samples, rows);
        }
    }
}

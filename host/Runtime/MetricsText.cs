using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Fabric.Host.Runtime;

/// <summary>
/// Collects the instruments of Fabric's meters and writes them in Prometheus' text format: counters and gauges as they are,
/// histograms as count and sum.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class MetricsText : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<(string Name, string Labels), Series> _series = new();

    public MetricsText()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name.StartsWith("Fabric.", StringComparison.Ordinal))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>Sum over all series of one instrument; 0 when it was never recorded.</summary>
    public double Total(string instrument) =>
        _series.Where(series => series.Key.Name == instrument).Sum(series => series.Value.Sum);

    /// <summary>Asks the instruments that only answer when asked. What they no longer tell of is gone.</summary>
    public void Refresh()
    {
        foreach (KeyValuePair<(string Name, string Labels), Series> series in _series.Where(series => series.Value.IsObserved))
        {
            _series.TryRemove(series);
        }

        _listener.RecordObservableInstruments();
    }

    public string Write()
    {
        Refresh();
        var text = new StringBuilder();
        foreach (IGrouping<string, KeyValuePair<(string Name, string Labels), Series>> group in _series
            .GroupBy(series => series.Key.Name).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            string name = group.Key.Replace('.', '_');
            Series any = group.First().Value;
            text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {any.Help}\n# TYPE {name} {any.Type}\n");
            foreach ((( _, string labels), Series series) in group.OrderBy(series => series.Key.Labels, StringComparer.Ordinal))
            {
                series.Write(text, name, labels);
            }
        }

        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string labels = "";
        foreach ((string key, object? tag) in tags)
        {
            string comma = labels.Length == 0 ? "" : ",";
            labels += $"{comma}{key.Replace('.', '_')}=\"{Escape(Convert.ToString(tag, CultureInfo.InvariantCulture) ?? "")}\"";
        }

        _series.GetOrAdd((instrument.Name, labels), _ => new Series(instrument)).Add(value);
    }

    private static string Escape(string text) =>
        text.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal);

    private sealed class Series(Instrument instrument)
    {
        private readonly Lock _lock = new();
        private readonly bool _isLast = instrument.IsObservable || instrument.GetType().Name.StartsWith("Gauge", StringComparison.Ordinal);
        private long _count;

        public double Sum { get; private set; }

        public bool IsObserved => instrument.IsObservable;

        public string Help => (instrument.Description ?? instrument.Name).Replace("\n", " ", StringComparison.Ordinal);

        public string Type => IsHistogram ? "summary" : _isLast ? "gauge" : "counter";

        private bool IsHistogram => instrument.GetType().Name.StartsWith("Histogram", StringComparison.Ordinal);

        public void Add(double value)
        {
            lock (_lock)
            {
                Sum = _isLast ? value : Sum + value;
                _count++;
            }
        }

        public void Write(StringBuilder text, string name, string labels)
        {
            string suffix = labels.Length == 0 ? "" : $"{{{labels}}}";
            if (IsHistogram)
            {
                text.Append(CultureInfo.InvariantCulture, $"{name}_sum{suffix} {Sum}\n{name}_count{suffix} {_count}\n");
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"{name}{suffix} {Sum}\n");
            }
        }
    }
}

using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Fabric.Core;
using Fabric.Core.Options;

namespace Fabric.Twins;

/// <summary>
/// The assets of a plant and which source point feeds which signal since when, as read from <c>twins.yaml</c>:
/// <code>
/// assets:
///   - id: pump-1
///     model: Pump
///     path: acme/hamburg/water/line-1/cell-2/pump-1
///     signals:
///       vibration: { unit: mm/s, minimum: 0, maximum: 50, points: [sensors/dev-17/vib] }
///       temperature:
///         unit: Cel
///         points:
///           - { point: sensors/dev-17/t, to: 2026-03-01T00:00:00Z }
///           - { point: sensors/dev-18/t, from: 2026-03-01T00:00:00Z, scale: 0.1, shift: -40 }
/// </code>
/// A point is written <c>source/device/point</c>, each part percent-encoded.
/// </summary>
/// <remarks>Immutable, thread-safe.</remarks>
public sealed class TwinFile
{
    private TwinFile(IReadOnlyDictionary<string, PointTimeline> points)
    {
        Points = points;
        Hash = ComputeHash(points);
    }

    /// <summary>Timeline per point key (<see cref="RecordKey"/> of source, device and point).</summary>
    public IReadOnlyDictionary<string, PointTimeline> Points { get; }

    /// <summary>SHA-256 over the bindings in canonical order, hexadecimal: equal for files that mean the same.</summary>
    public string Hash { get; }

    /// <summary>Reads the document and reports every mistake to it; the result holds what was sound.</summary>
    public static TwinFile Read(OptionDocument document)
    {
        var collector = new Collector(document);
        var root = new OptionReader(document, document.Root);
        foreach (OptionReader asset in root.Sections("assets"))
        {
            collector.ReadAsset(asset);
        }

        root.Finish();
        return new TwinFile(collector.Build());
    }

    private static string ComputeHash(IReadOnlyDictionary<string, PointTimeline> points)
    {
        var text = new StringBuilder();
        foreach ((string key, PointTimeline timeline) in points.OrderBy(point => point.Key, StringComparer.Ordinal))
        {
            foreach (BindingInterval interval in timeline.Intervals)
            {
                text.Append(CultureInfo.InvariantCulture, $"{key}\u001f{interval}\n");
            }
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private sealed class Collector(OptionDocument document)
    {
        private readonly HashSet<string> _assets = new(StringComparer.Ordinal);
        private readonly Dictionary<string, List<(BindingInterval Interval, OptionNode At)>> _points =
            new(StringComparer.Ordinal);

        public void ReadAsset(OptionReader asset)
        {
            string id = asset.RequiredText("id", "the asset's id");
            string model = asset.RequiredText("model", "the asset's model, e.g. Pump");
            string path = asset.RequiredText("path", "enterprise/site/area/line/cell/asset");
            if (id.Length > 0 && !_assets.Add(id))
            {
                asset.Report($"the asset '{id}' appears twice");
            }

            foreach (OptionEntry signal in asset.Entries("signals"))
            {
                ReadSignal(new OptionReader(document, signal.Value), id, model, path, signal.Key);
            }

            asset.Finish();
        }

        public Dictionary<string, PointTimeline> Build()
        {
            var points = new Dictionary<string, PointTimeline>(StringComparer.Ordinal);
            foreach ((string key, List<(BindingInterval Interval, OptionNode At)> bindings) in _points)
            {
                bindings.Sort((a, b) => a.Interval.FromMicros.CompareTo(b.Interval.FromMicros));
                var sound = new List<BindingInterval>();
                foreach ((BindingInterval interval, OptionNode at) in bindings)
                {
                    if (sound.Count > 0 && interval.FromMicros < sound[^1].ToMicros)
                    {
                        document.Report(
                            at, $"'{key}' already feeds {sound[^1].Asset}.{sound[^1].Signal} at that time; "
                            + "end that binding with 'to' or start this one later with 'from'");
                        continue;
                    }

                    sound.Add(interval);
                }

                points[key] = new PointTimeline(sound);
            }

            return points;
        }

        private void ReadSignal(OptionReader signal, string asset, string model, string path, string name)
        {
            string? unit = signal.Text("unit");
            double minimum = signal.Number("minimum", double.NegativeInfinity, double.MinValue, double.MaxValue);
            double maximum = signal.Number("maximum", double.PositiveInfinity, double.MinValue, double.MaxValue);
            if (minimum > maximum)
            {
                signal.Report("minimum is greater than maximum");
            }

            var template = new BindingInterval(
                BindingInterval.SinceEver, BindingInterval.UntilFurtherNotice, asset, model, path, name, unit, 1, 0,
                double.IsInfinity(minimum) ? null : minimum, double.IsInfinity(maximum) ? null : maximum);
            OptionNode? points = signal.Find("points");
            foreach (OptionNode point in points?.Kind == OptionKind.List ? points.Items : points is null ? [] : [points])
            {
                ReadPoint(point, template);
            }

            signal.Finish();
        }

        private void ReadPoint(OptionNode node, BindingInterval template)
        {
            string? key;
            BindingInterval interval = template;
            if (node.Kind == OptionKind.Map)
            {
                var reader = new OptionReader(document, node);
                key = reader.RequiredText("point", "source/device/point");
                interval = template with
                {
                    FromMicros = Instant(reader, "from") ?? BindingInterval.SinceEver,
                    ToMicros = Instant(reader, "to") ?? BindingInterval.UntilFurtherNotice,
                    Scale = reader.Number("scale", 1, double.MinValue, double.MaxValue),
                    Shift = reader.Number("shift", 0, double.MinValue, double.MaxValue),
                };
                reader.Finish();
            }
            else
            {
                key = OptionValues.Text(document, node);
            }

            if (interval.FromMicros >= interval.ToMicros)
            {
                document.Report(node, "'to' must be later than 'from'");
            }
            else if (string.IsNullOrEmpty(key) || key.Split('/') is not { Length: 3 } parts || parts.Any(part => part.Length == 0))
            {
                document.Report(node, $"expected a point as source/device/point (parts percent-encoded), found {node.Description}");
            }
            else
            {
                Add(RecordKey.Join(RecordKey.Split(key)), interval, node);
            }
        }

        private void Add(string key, BindingInterval interval, OptionNode node)
        {
            if (!_points.TryGetValue(key, out List<(BindingInterval, OptionNode)>? bindings))
            {
                _points[key] = bindings = [];
            }

            bindings.Add((interval, node));
        }

        private long? Instant(OptionReader reader, string key)
        {
            if (reader.Find(key) is not { } node || OptionValues.Text(document, node) is not { } text)
            {
                return null;
            }

            if (DateTimeOffset.TryParse(
                text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                out DateTimeOffset instant))
            {
                return (instant - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
            }

            document.Report(node, $"expected an instant such as 2026-03-01T00:00:00Z, found {node.Description}");
            return null;
        }
    }
}

using Fabric.Core;
using Fabric.Streams;
using Fabric.Twins;

namespace Fabric.Topologies.Contextualize;

/// <summary>
/// Timelines by source, device and point without building a key per sample. Forgotten whole when a new revision of the twins
/// arrives. Bounded: a device that invents points cannot fill the memory.
/// </summary>
/// <remarks>Not thread-safe: one per task.</remarks>
internal sealed class PointCache(IReadOnlyKeyValueStore<string, TwinEntry> twins)
{
    private const int PointsMax = 1_000_000;

    private readonly Dictionary<(string Source, string Device, string Point), PointTimeline?> _timelines = [];
    private TwinEntry? _revision;

    /// <summary>The number of the current revision, 0 before the first. Call once per record.</summary>
    public long Refresh()
    {
        twins.TryGet(TwinEntry.RevisionKey, out TwinEntry? revision);
        if (!ReferenceEquals(revision, _revision) || _timelines.Count > PointsMax)
        {
            _timelines.Clear();
            _revision = revision;
        }

        return revision?.Revision ?? 0;
    }

    /// <summary>Null for a point that nobody ever bound.</summary>
    public PointTimeline? Find(string source, string device, string point)
    {
        if (!_timelines.TryGetValue((source, device, point), out PointTimeline? timeline))
        {
            timeline = twins.TryGet(RecordKey.Join(source, device, point), out TwinEntry? entry) ? entry.Timeline : null;
            _timelines[(source, device, point)] = timeline;
        }

        return timeline;
    }
}

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

    private readonly Dictionary<(string Source, string Device), DevicePoints> _devices = [];
    private TwinEntry? _revision;
    private int _count;

    /// <summary>The number of the current revision, 0 before the first. Call once per record.</summary>
    public long Refresh()
    {
        twins.TryGet(TwinEntry.RevisionKey, out TwinEntry? revision);
        if (!ReferenceEquals(revision, _revision) || _count > PointsMax)
        {
            _devices.Clear();
            _count = 0;
            _revision = revision;
        }

        return revision?.Revision ?? 0;
    }

    /// <summary>The points of a device. Valid until the next <see cref="Refresh"/>.</summary>
    public DevicePoints Of(string source, string device)
    {
        if (!_devices.TryGetValue((source, device), out DevicePoints? points))
        {
            points = new DevicePoints(this, source, device);
            _devices.Add((source, device), points);
            _count++;
        }

        return points;
    }

    private PointTimeline? Load(string source, string device, string point)
    {
        _count++;
        return twins.TryGet(RecordKey.Join(source, device, point), out TwinEntry? entry) ? entry.Timeline : null;
    }

    /// <summary>
    /// Timelines of one device. Most devices send the same points in the same order: what stood at a place of the record before is
    /// tried first.
    /// </summary>
    internal sealed class DevicePoints(PointCache cache, string source, string device)
    {
        private const int PlacesMax = 4096;

        private readonly Dictionary<string, PointTimeline?> _timelines = new(StringComparer.Ordinal);
        private readonly List<(string Point, PointTimeline? Timeline)> _places = [];

        /// <summary>Null for a point that nobody ever bound.</summary>
        /// <param name="place">Of the sample in its record.</param>
        public PointTimeline? Find(int place, string point)
        {
            if (place < _places.Count && _places[place].Point == point)
            {
                return _places[place].Timeline;
            }

            if (!_timelines.TryGetValue(point, out PointTimeline? timeline))
            {
                timeline = cache.Load(source, device, point);
                _timelines.Add(point, timeline);
            }

            Remember(place, (point, timeline));
            return timeline;
        }

        private void Remember(int place, (string Point, PointTimeline? Timeline) entry)
        {
            if (place < _places.Count)
            {
                _places[place] = entry;
            }
            else if (place == _places.Count && place < PlacesMax)
            {
                _places.Add(entry);
            }
        }
    }
}

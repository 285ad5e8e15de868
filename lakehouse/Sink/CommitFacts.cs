using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Delta;
using Fabric.Delta.Actions;
using Fabric.Governance.Lineage;

namespace Fabric.Lakehouse.Sink;

/// <summary>What lineage tells of one commit of a sink.</summary>
/// <param name="Node">Who made it.</param>
internal sealed record CommitFacts(
    long Version, DateTimeOffset Time, string Node, string Topic, long Rows, IReadOnlyList<OffsetRange> Offsets,
    IReadOnlyList<AddAction> Files)
{
    public static CommitFacts Of(
        long version, DateTimeOffset time, string node, string topic, long rows,
        IReadOnlyCollection<PartitionProgress> positions, IReadOnlyList<AddAction> files) =>
        new(version, time, node, topic, rows, RangesOf(CommitNotes.OffsetsOf(positions)), files);

    /// <summary>From the log; null when a sink did not make the commit.</summary>
    public static CommitFacts? Read(HistoryEntry entry)
    {
        if (entry.Info is not { } info || JsonNode.Parse(info.Json)?["fabric"] is not JsonObject notes)
        {
            return null;
        }

        try
        {
            return notes[CommitNotes.Node] is { } node && notes[CommitNotes.Topic] is { } topic
                && notes[CommitNotes.Offsets] is JsonObject offsets
                ? new CommitFacts(
                    entry.Version, DateTimeOffset.FromUnixTimeMilliseconds(info.TimestampMs ?? 0), node.GetValue<string>(),
                    topic.GetValue<string>(), notes[CommitNotes.Rows]?.GetValue<long>() ?? 0, RangesOf(offsets),
                    [.. entry.Actions.OfType<AddAction>()])
                : null;
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException or JsonException)
        {
            return null; // somebody else's notes of the same name
        }
    }

    private static OffsetRange[] RangesOf(JsonObject offsets) =>
        [.. offsets.Select(pair => new OffsetRange(
            int.Parse(pair.Key, CultureInfo.InvariantCulture), pair.Value![0]!.GetValue<long>(), pair.Value[1]!.GetValue<long>()))];
}

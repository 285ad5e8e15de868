using Fabric.Avro;
using Fabric.Schemas;

namespace Fabric.Connectors.Runner;

/// <summary>What a source read in one go. Reused from batch to batch; not thread-safe.</summary>
public sealed class SourceBatch
{
    /// <summary>
    /// Parsed messages in the order they arrived: device, samples and attributes are set by the source; node, source, epoch
    /// and sequence by the runner.
    /// </summary>
    public RecordList<Observation> Observations { get; } = [];

    /// <summary>Messages that could not be parsed: they go to quarantine and are acknowledged.</summary>
    public List<Rejection> Rejections { get; } = [];

    /// <summary>Stretches in which messages may be missing.</summary>
    public List<SourceGap> Gaps { get; } = [];

    /// <summary>Personal values among the observations, to be replaced by tokens before anything is written.</summary>
    internal List<PersonalValue> PersonalValues { get; } = [];

    /// <summary>Whether there is anything to make durable.</summary>
    public bool IsEmpty => Observations.Count == 0 && Rejections.Count == 0 && Gaps.Count == 0;

    /// <summary>Marks the device name of an observation as personal.</summary>
    public void MarkDevice(Observation observation) =>
        PersonalValues.Add(new PersonalValue(observation, PersonalPart.Device, 0, ""));

    /// <summary>Marks the value of a sample as personal.</summary>
    public void MarkValue(Observation observation, int sample) =>
        PersonalValues.Add(new PersonalValue(observation, PersonalPart.Value, sample, ""));

    /// <summary>Marks the point of a sample as personal.</summary>
    public void MarkPoint(Observation observation, int sample) =>
        PersonalValues.Add(new PersonalValue(observation, PersonalPart.Point, sample, ""));

    /// <summary>Marks an attribute as personal.</summary>
    public void MarkAttribute(Observation observation, string name) =>
        PersonalValues.Add(new PersonalValue(observation, PersonalPart.Attribute, 0, name));

    /// <summary>Empties the batch and keeps its memory.</summary>
    public void Clear()
    {
        Observations.Clear();
        Rejections.Clear();
        Gaps.Clear();
        PersonalValues.Clear();
    }
}

/// <summary>A message that could not be parsed.</summary>
/// <param name="Rule">The check that failed, e.g. <c>PAYLOAD_NOT_JSON</c>.</param>
/// <param name="Reason">For a person; never contains the payload.</param>
/// <param name="Device">The device when it is known and not personal; null otherwise.</param>
/// <param name="Origin">The message's address as it came (MQTT topic): encrypted before it is written.</param>
/// <param name="Payload">The bytes as they came; owned by the batch.</param>
public sealed record Rejection(string Rule, string Reason, string? Device, string Origin, byte[] Payload);

/// <summary>A stretch in which messages may be missing.</summary>
/// <param name="Kind">E.g. <c>SESSION_LOST</c>.</param>
public sealed record SourceGap(string Kind, DateTimeOffset? From, DateTimeOffset? To, string Detail);

internal enum PersonalPart
{
    Device,
    Point,
    Value,
    Attribute,
}

/// <summary>Where a personal value stands.</summary>
internal readonly record struct PersonalValue(Observation Observation, PersonalPart Part, int Sample, string Attribute);

namespace Fabric.Governance.Lineage;

/// <summary>Transition of a run (OpenLineage 2-0-2). Every run has one <see cref="Start"/> and ends with one of the last three.</summary>
public enum RunEventType
{
    Start,
    Running,
    Complete,
    Abort,
    Fail,
}

/// <summary>A run event of OpenLineage: what a job read and wrote in one run.</summary>
/// <param name="EventTime">When the transition happened.</param>
/// <param name="RunId">Same for all events of a run; see <see cref="LineageRunId"/> for runs that are derived.</param>
/// <param name="Error">Message of a failed run, without payloads and secrets; null otherwise.</param>
/// <param name="Parent">The run this one belongs to, e.g. the process that made a commit; null for none.</param>
public sealed record RunEvent(
    RunEventType Type, DateTimeOffset EventTime, Guid RunId, LineageJob Job, IReadOnlyList<InputDataset> Inputs,
    IReadOnlyList<OutputDataset> Outputs, string? Error = null, LineageParent? Parent = null);

/// <summary>A job: namespace and name are its identity; the type says what kind of component it is.</summary>
/// <param name="JobType">CONNECTOR, TOPOLOGY or SINK.</param>
public sealed record LineageJob(string Namespace, string Name, string JobType);

/// <summary>The run and job that another run is part of.</summary>
public sealed record LineageParent(Guid RunId, string JobNamespace, string JobName);

/// <summary>A dataset that a run read, with the stretch of each Kafka partition it read.</summary>
/// <param name="Namespace">OpenLineage naming: <c>kafka://host:port</c>, <c>mqtt://host:port</c>, <c>file</c>.</param>
public sealed record InputDataset(string Namespace, string Name, IReadOnlyList<OffsetRange> Offsets);

/// <summary>Offsets of one partition, both ends included.</summary>
public readonly record struct OffsetRange(int Partition, long FirstOffset, long LastOffset);

/// <summary>A dataset that a run wrote.</summary>
/// <param name="Version">Delta version as text; null for topics.</param>
/// <param name="Fields">Columns or record fields; empty when they are told elsewhere.</param>
/// <param name="Statistics">Rows, bytes, files of this run; null when not counted.</param>
/// <param name="Files">Files written, with their SHA-256; empty for topics.</param>
public sealed record OutputDataset(
    string Namespace, string Name, string? Version, IReadOnlyList<DatasetField> Fields, OutputStatistics? Statistics,
    IReadOnlyList<WrittenFile> Files);

/// <summary>A column or field and its type.</summary>
public readonly record struct DatasetField(string Name, string Type);

/// <summary>What a run wrote.</summary>
public readonly record struct OutputStatistics(long Rows, long Bytes, long Files);

/// <summary>A file and the SHA-256 of its bytes, hexadecimal.</summary>
public readonly record struct WrittenFile(string Path, string Sha256);

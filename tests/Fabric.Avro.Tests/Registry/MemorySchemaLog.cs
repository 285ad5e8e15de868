using Fabric.Avro.Registry;
using Fabric.Avro.Registry.Server;

namespace Fabric.Avro.Tests.Registry;

/// <summary>A schema topic in memory, shared by the registries that are opened on it; the newest one fences the others.</summary>
internal sealed class MemorySchemaTopic
{
    public List<(string Key, string? Value)> Records { get; } = [];

    public object? Owner { get; set; }

    /// <summary>When set, appends fail: after writing (the outcome is unknown to the writer) or before.</summary>
    public bool? FailAfterWriting { get; set; }

    public ISchemaLog OpenLog() => new Log(this);

    private sealed class Log(MemorySchemaTopic topic) : ISchemaLog
    {
        public Task OpenAsync(Action<string, string?> apply, CancellationToken cancellationToken)
        {
            topic.Owner = this;
            topic.Records.ForEach(record => apply(record.Key, record.Value));
            return Task.CompletedTask;
        }

        public Task AppendAsync(IReadOnlyList<(string Key, string? Value)> records, CancellationToken cancellationToken)
        {
            if (!ReferenceEquals(topic.Owner, this))
            {
                throw new RegistryException(RegistryCode.Refused, "Another schema registry took over this topic");
            }

            if (topic.FailAfterWriting == false)
            {
                throw new RegistryException(RegistryCode.Unavailable, "not written", isRetriable: true);
            }

            topic.Records.AddRange(records);
            return topic.FailAfterWriting == true
                ? throw new RegistryException(RegistryCode.Unavailable, "written, and nobody knows", isRetriable: true)
                : Task.CompletedTask;
        }
    }
}

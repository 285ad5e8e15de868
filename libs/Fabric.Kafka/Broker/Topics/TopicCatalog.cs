using System.Diagnostics.CodeAnalysis;
using Fabric.Core;
using Fabric.Core.Storage;
using Fabric.Kafka.Broker.Configs;
using Fabric.Kafka.Log;
using Microsoft.Extensions.Logging;

namespace Fabric.Kafka.Broker.Topics;

/// <summary>
/// The topics there are, their open logs, and their memory on disk.
/// <list type="number">
/// <item>A topic is created by making its folders, then writing the catalog: a catalogued partition always has its folder.</item>
/// <item>A topic is deleted by writing the catalog without it, then removing its folders: a folder without a catalogued id is
/// the rest of a creation or a deletion, and is removed at the next start.</item>
/// </list>
/// Only the loop touches it.
/// </summary>
internal sealed partial class TopicCatalog : IDisposable
{
    private readonly DataDirectory _directory;
    private readonly CatalogFile _file;
    private readonly BrokerConfigs _configs;
    private readonly ILogFiles _files;
    private readonly TimeProvider _clock;
    private readonly IIdSource _ids;
    private readonly ILogger _log;
    private readonly SortedDictionary<string, Topic> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Topic> _lookup = new(StringComparer.Ordinal);
    private readonly Dictionary<Guid, Topic> _byId = [];
    private readonly Dictionary<string, string> _byCollisionKey = new(StringComparer.Ordinal);

    public TopicCatalog(
        DataDirectory directory, BrokerConfigs configs, ILogFiles files, TimeProvider clock, IIdSource ids, ILogger log)
    {
        _directory = directory;
        _file = new CatalogFile(directory.Path);
        _configs = configs;
        _files = files;
        _clock = clock;
        _ids = ids;
        _log = log;
    }

    /// <summary>In order of their names.</summary>
    public IEnumerable<Topic> All => _byName.Values;

    /// <summary>Partitions of all topics.</summary>
    public int PartitionCount { get; private set; }

    public bool TryGet(string name, [NotNullWhen(true)] out Topic? topic) => _lookup.TryGetValue(name, out topic);

    public bool TryGet(Guid id, [NotNullWhen(true)] out Topic? topic) => _byId.TryGetValue(id, out topic);

    /// <summary>The topic that differs from this name only in '.' and '_'; null when there is none.</summary>
    public string? Colliding(string name) =>
        _byCollisionKey.TryGetValue(TopicName.CollisionKey(name), out string? other) && other != name ? other : null;

    /// <summary>Opens everything that is catalogued and removes what is not.</summary>
    /// <exception cref="KafkaException">The catalog cannot be read, or a partition it names has no folder.</exception>
    /// <exception cref="IOException">A log cannot be opened.</exception>
    public void Open()
    {
        CatalogRecord? record = _file.Read();
        if (record is null && Directory.EnumerateFileSystemEntries(_directory.TopicsFolder).Any())
        {
            throw new KafkaException(
                "CATALOG_MISSING",
                $"There are topics but no {CatalogFile.FileName} that names them: restore it from a backup, or start with an "
                + "empty data directory", _directory.Path);
        }

        record ??= CatalogRecord.Empty;
        _configs.Dynamic = record.BrokerConfigs;
        RemoveRests(record);
        foreach (TopicRecord topic in record.Topics)
        {
            Add(OpenTopic(topic));
        }

        _file.Write(record);
    }

    /// <summary>Makes a topic. The caller has checked name, count and settings.</summary>
    /// <exception cref="IOException">The disk refused; nothing was made.</exception>
    public Topic Create(string name, int partitions, IReadOnlyDictionary<string, string> configs)
    {
        Guid id = _ids.NewId();
        string folder = _directory.TopicFolder(name, id);
        LogState[] logs = [];
        try
        {
            logs = OpenPartitions(name, id, 0, partitions, configs);
            var topic = new Topic(name, id, configs, logs);
            Add(topic);
            try
            {
                _file.Write(Snapshot());
            }
            catch
            {
                Remove(topic);
                throw;
            }

            return topic;
        }
        catch
        {
            Discard(logs, folder);
            throw;
        }
    }

    /// <summary>Forgets a topic and removes its files. The caller has closed its log states first or does so after.</summary>
    /// <exception cref="IOException">The disk refused before the topic was forgotten: it is still there.</exception>
    public void Delete(Topic topic)
    {
        Remove(topic);
        try
        {
            _file.Write(Snapshot());
        }
        catch
        {
            Add(topic);
            throw;
        }

        Discard(topic.Partitions, _directory.TopicFolder(topic.Name, topic.Id));
    }

    /// <summary>Adds partitions up to that count.</summary>
    /// <exception cref="IOException">The disk refused; the count is what it was.</exception>
    public void Grow(Topic topic, int count)
    {
        LogState[] before = topic.Partitions;
        LogState[] added = OpenPartitions(topic.Name, topic.Id, before.Length, count - before.Length, topic.Configs);
        topic.Partitions = [.. before, .. added];
        try
        {
            _file.Write(Snapshot());
            PartitionCount += added.Length;
        }
        catch
        {
            topic.Partitions = before;
            foreach (LogState state in added)
            {
                Discard([state], _directory.PartitionFolder(topic.Name, topic.Id, Array.IndexOf(added, state) + before.Length));
            }

            throw;
        }
    }

    /// <summary>Replaces a topic's own settings; they are in force when this returns.</summary>
    /// <exception cref="IOException">The disk refused; the settings are what they were.</exception>
    public void SetConfigs(Topic topic, IReadOnlyDictionary<string, string> configs)
    {
        IReadOnlyDictionary<string, string> before = topic.Configs;
        topic.Configs = configs;
        try
        {
            _file.Write(Snapshot());
        }
        catch
        {
            topic.Configs = before;
            throw;
        }

        Apply(topic);
    }

    /// <summary>Replaces the broker settings changed while running; they are in force for every topic when this returns.</summary>
    /// <exception cref="IOException">The disk refused; the settings are what they were.</exception>
    public void SetBrokerConfigs(IReadOnlyDictionary<string, string> configs)
    {
        IReadOnlyDictionary<string, string> before = _configs.Dynamic;
        _configs.Dynamic = configs;
        try
        {
            _file.Write(Snapshot());
        }
        catch
        {
            _configs.Dynamic = before;
            throw;
        }

        foreach (Topic topic in All)
        {
            Apply(topic);
        }
    }

    /// <summary>The value in force of one topic setting.</summary>
    public string ConfigOf(Topic topic, string name) =>
        topic.Configs.TryGetValue(name, out string? own) ? own : _configs.TopicDefault(name);

    public void Dispose()
    {
        foreach (LogState state in All.SelectMany(topic => topic.Partitions))
        {
            state.Log.Dispose();
        }
    }

    private void Apply(Topic topic)
    {
        topic.MinInSyncReplicas = MinInSyncReplicasOf(topic);
        LogConfig config = LogConfigOf(topic.Configs);
        foreach (LogState state in topic.Partitions)
        {
            state.Log.Config = config;
        }
    }

    private LogConfig LogConfigOf(IReadOnlyDictionary<string, string> own) => TopicConfigKeys.ToLogConfig(
        name => own.TryGetValue(name, out string? value) ? value : _configs.TopicDefault(name));

    private CatalogRecord Snapshot() => new(
        [.. All.Select(topic => new TopicRecord(topic.Name, topic.Id, topic.Partitions.Length, topic.Configs))],
        _configs.Dynamic);

    private Topic OpenTopic(TopicRecord record)
    {
        for (int partition = 0; partition < record.Partitions; partition++)
        {
            string folder = _directory.PartitionFolder(record.Name, record.Id, partition);
            if (!Directory.Exists(folder))
            {
                throw new KafkaException(
                    "PARTITION_MISSING",
                    $"The folder of {record.Name}-{partition} is gone: restore it from a backup. (An empty one in its place means "
                    + "starting again at offset 0, with the records lost)", folder);
            }
        }

        return new Topic(
            record.Name, record.Id, record.Configs, OpenPartitions(record.Name, record.Id, 0, record.Partitions, record.Configs));
    }

    private LogState[] OpenPartitions(
        string name, Guid id, int first, int count, IReadOnlyDictionary<string, string> configs)
    {
        LogConfig config = LogConfigOf(configs);
        var states = new List<LogState>(count);
        try
        {
            for (int partition = first; partition < first + count; partition++)
            {
                string folder = _directory.PartitionFolder(name, id, partition);
                DurableFile.CreateFolder(folder);
                states.Add(new LogState(
                    new TopicPartition(name, partition).ToString(), PartitionLog.Open(folder, config, _clock, _log, _files)));
            }
        }
        catch (Exception exception)
        {
            states.ForEach(state => state.Log.Dispose());
            if (exception is StorageException)
            {
                throw new IOException(exception.Message, exception);
            }

            throw;
        }

        return [.. states];
    }

    private int MinInSyncReplicasOf(Topic topic) => int.Parse(
        ConfigOf(topic, TopicConfigKeys.MinInSyncReplicasName), System.Globalization.CultureInfo.InvariantCulture);

    private void Add(Topic topic)
    {
        topic.MinInSyncReplicas = MinInSyncReplicasOf(topic);
        _byName.Add(topic.Name, topic);
        _lookup.Add(topic.Name, topic);
        _byId.Add(topic.Id, topic);
        _byCollisionKey[TopicName.CollisionKey(topic.Name)] = topic.Name;
        PartitionCount += topic.Partitions.Length;
    }

    private void Remove(Topic topic)
    {
        _byName.Remove(topic.Name);
        _lookup.Remove(topic.Name);
        _byId.Remove(topic.Id);
        _byCollisionKey.Remove(TopicName.CollisionKey(topic.Name));
        PartitionCount -= topic.Partitions.Length;
    }

    private void RemoveRests(CatalogRecord record)
    {
        var known = record.Topics.Select(topic => _directory.TopicFolder(topic.Name, topic.Id)).ToHashSet(StringComparer.Ordinal);
        foreach (string folder in Directory.GetDirectories(_directory.TopicsFolder).Where(folder => !known.Contains(folder)))
        {
            LogRestRemoved(_log, folder);
            Discard([], folder);
        }
    }

    // The catalog no longer names the folder: what cannot be removed now is removed at the next start.
    private void Discard(LogState[] logs, string folder)
    {
        foreach (LogState state in logs)
        {
            state.Log.Dispose();
        }

        try
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNotRemoved(_log, folder, exception);
        }
    }

    [LoggerMessage(131, LogLevel.Information, "Removed {Folder}, the rest of a topic that is not in the catalog")]
    private static partial void LogRestRemoved(ILogger log, string folder);

    [LoggerMessage(132, LogLevel.Warning, "{Folder} of a deleted topic could not be removed; the next start tries again")]
    private static partial void LogNotRemoved(ILogger log, string folder, Exception exception);
}

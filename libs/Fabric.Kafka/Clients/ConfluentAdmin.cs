using Microsoft.Extensions.Logging;
using Ck = Confluent.Kafka;

namespace Fabric.Kafka.Clients;

/// <summary>Creates topics and asks about them.</summary>
internal sealed class ConfluentAdmin : IKafkaAdmin
{
    private static readonly TimeSpan RequestMax = TimeSpan.FromSeconds(15);

    /// <summary>How long a created topic may take to show in the metadata of the broker that is asked.</summary>
    private static readonly TimeSpan VisibleMax = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan VisibleStep = TimeSpan.FromMilliseconds(50);

    private readonly Ck.IAdminClient _admin;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;

    public ConfluentAdmin(Dictionary<string, string> settings, TimeProvider clock, ILogger log)
    {
        _clock = clock;
        _log = log;
        try
        {
            _admin = new Ck.AdminClientBuilder(settings)
                .SetLogHandler((_, message) => ClientLog.Route(log, message))
                .SetErrorHandler((_, error) => ClientLog.Reported(log, ClientErrors.CodeName(error.Code), error.Reason))
                .Build();
        }
        catch (InvalidOperationException invalid)
        {
            throw new KafkaException(
                "CLIENT_SETTING_INVALID", $"Opening an admin client failed: {invalid.Message}", innerException: invalid);
        }
    }

    public async Task EnsureTopicsAsync(IReadOnlyCollection<TopicSpec> topics, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, int> present = await PartitionCountsAsync(cancellationToken).ConfigureAwait(false);
        foreach (TopicSpec topic in topics)
        {
            if (present.TryGetValue(topic.Name, out int partitions))
            {
                RequireSame(topic, partitions);
            }
        }

        TopicSpec[] missing = [.. topics.Where(topic => !present.ContainsKey(topic.Name))];
        if (missing.Length > 0)
        {
            await CreateAsync(missing).ConfigureAwait(false);
            await UntilVisibleAsync(missing, cancellationToken).ConfigureAwait(false);
        }
    }

    public async Task<int> PartitionCountAsync(string topic, CancellationToken cancellationToken) =>
        (await PartitionCountsAsync(cancellationToken).ConfigureAwait(false)).GetValueOrDefault(topic);

    public async Task DeleteRecordsAsync(
        IReadOnlyCollection<PartitionPosition> before, CancellationToken cancellationToken)
    {
        try
        {
            await _admin.DeleteRecordsAsync(
                before.Select(position => new Ck.TopicPartitionOffset(
                    position.Partition.Topic, position.Partition.Partition, position.Offset)),
                new Ck.Admin.DeleteRecordsOptions { RequestTimeout = RequestMax })
                .WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Ck.KafkaException failed)
        {
            throw ClientErrors.Translate("Deleting records", failed);
        }
    }

    public void Dispose() => _admin.Dispose();

    private async Task CreateAsync(IReadOnlyList<TopicSpec> missing)
    {
        try
        {
            await _admin.CreateTopicsAsync(
                missing.Select(topic => new Ck.Admin.TopicSpecification
                {
                    Name = topic.Name, NumPartitions = topic.Partitions, ReplicationFactor = topic.ReplicationFactor,
                    Configs = topic.Config.ToDictionary(),
                }),
                new Ck.Admin.CreateTopicsOptions { RequestTimeout = RequestMax, OperationTimeout = RequestMax })
                .ConfigureAwait(false);
        }
        catch (Ck.Admin.CreateTopicsException failed)
        {
            ThrowUnlessExisting(failed);
        }
        catch (Ck.KafkaException failed)
        {
            throw ClientErrors.Translate("Creating topics", failed);
        }
    }

    /// <summary>Somebody else may create the same topic at the same moment: what counts is that it is there, as wanted.</summary>
    private static void ThrowUnlessExisting(Ck.Admin.CreateTopicsException failed)
    {
        foreach (Ck.Admin.CreateTopicReport report in failed.Results)
        {
            if (report.Error.IsError && report.Error.Code != Ck.ErrorCode.TopicAlreadyExists)
            {
                throw ClientErrors.Translate("Creating a topic", report.Error, report.Topic, failed);
            }
        }
    }

    private async Task UntilVisibleAsync(IReadOnlyList<TopicSpec> created, CancellationToken cancellationToken)
    {
        long startedAt = _clock.GetTimestamp();
        while (true)
        {
            IReadOnlyDictionary<string, int> present = await PartitionCountsAsync(cancellationToken).ConfigureAwait(false);
            TopicSpec? absent = created.FirstOrDefault(topic => present.GetValueOrDefault(topic.Name) == 0);
            if (absent is null)
            {
                foreach (TopicSpec topic in created)
                {
                    RequireSame(topic, present[topic.Name]);
                    ClientLog.TopicCreated(_log, topic.Name, topic.Partitions);
                }

                return;
            }

            if (_clock.GetElapsedTime(startedAt) > VisibleMax)
            {
                throw new KafkaException(
                    "TOPIC_NOT_VISIBLE", $"A topic was created and does not show after {VisibleMax}", absent.Name,
                    isRetriable: true);
            }

            await Task.Delay(VisibleStep, _clock, cancellationToken).ConfigureAwait(false);
        }
    }

    private static void RequireSame(TopicSpec wanted, int partitions)
    {
        if (partitions != wanted.Partitions)
        {
            throw new KafkaException(
                "TOPIC_PARTITIONS_DIFFER",
                $"The topic has {partitions} partitions and {wanted.Partitions} are configured. The number is fixed at creation, "
                + "since another one would send keys elsewhere: restore the setting, or use another topic",
                wanted.Name);
        }
    }

    /// <summary>Asks about all topics: a question about one may create it on brokers that auto-create.</summary>
    private async Task<IReadOnlyDictionary<string, int>> PartitionCountsAsync(CancellationToken cancellationToken)
    {
        try
        {
            Ck.Metadata metadata = await Task.Run(() => _admin.GetMetadata(RequestMax), cancellationToken).ConfigureAwait(false);
            return metadata.Topics.Where(topic => !topic.Error.IsError)
                .ToDictionary(topic => topic.Topic, topic => topic.Partitions.Count);
        }
        catch (Ck.KafkaException failed)
        {
            throw ClientErrors.Translate("Asking for metadata", failed);
        }
    }
}

using Fabric.Kafka.Clients;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Streams.Tests.Runtime;

/// <summary>Starting and awaiting instances.</summary>
internal static class Running
{
    public static StreamsConfig Config(string application, string node = "node-1") => new()
    {
        ApplicationId = application, NodeId = node, Quarantine = new TopicQuarantine($"{application}-quarantine"),
        CommitInterval = TimeSpan.FromMilliseconds(30), RebuildBackoffMin = TimeSpan.FromMilliseconds(50),
        RebuildBackoffMax = TimeSpan.FromSeconds(1),
    };

    public static async Task<KafkaStreams> StartAsync(
        Topology topology, StreamsConfig config, IKafkaClients clients, ILoggerFactory? logs = null)
    {
        var streams = new KafkaStreams(topology, config, clients, TimeProvider.System, logs ?? NullLoggerFactory.Instance);
        await streams.StartAsync(default);
        return streams;
    }

    public static async Task UntilAsync(this KafkaStreams streams, StreamsState state)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void OnChange(StreamsStateChange change)
        {
            if (change.Now == state)
            {
                reached.TrySetResult();
            }
        }

        streams.StateChanged += OnChange;
        if (streams.State != state)
        {
            await reached.Task.WaitAsync(BrokerFixture.Bound);
        }

        streams.StateChanged -= OnChange;
    }
}

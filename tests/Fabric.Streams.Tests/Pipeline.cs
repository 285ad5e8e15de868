using Fabric.Streams.Testing;

namespace Fabric.Streams.Tests;

/// <summary>A topology over one topic <c>in</c> of text keys and numbers, in a test driver.</summary>
internal sealed class Pipeline : IDisposable
{
    private readonly Dictionary<string, TestOutputTopic<string, long>> _outputs = [];

    private Pipeline(Topology topology, TestDriverOptions? options)
    {
        Driver = new TopologyTestDriver(topology, options);
        Input = Driver.CreateInputTopic<string, long>("in");
    }

    public TopologyTestDriver Driver { get; }

    public TestInputTopic<string, long> Input { get; }

    public static Pipeline Of(Action<IKStream<string, long>> build, TestDriverOptions? options = null)
    {
        var builder = new StreamBuilder();
        build(builder.Stream<string, long>("in"));
        return new Pipeline(builder.Build(), options);
    }

    public void Send(params (string Key, long Value)[] records)
    {
        foreach ((string key, long value) in records)
        {
            Input.PipeInput(key, value);
        }
    }

    public string[] Read(string topic)
    {
        if (!_outputs.TryGetValue(topic, out TestOutputTopic<string, long>? output))
        {
            _outputs.Add(topic, output = Driver.CreateOutputTopic<string, long>(topic));
        }

        return [.. output.ReadAll().Select(record => $"{record.Key}={(record.HasValue ? record.Value : "null")}")];
    }

    public void Dispose() => Driver.Dispose();
}

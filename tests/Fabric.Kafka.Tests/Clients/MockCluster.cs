using System.Runtime.InteropServices;

namespace Fabric.Kafka.Tests.Clients;

/// <summary>
/// librdkafka's own mock cluster: somebody else's coordinator with errors on demand. It knows no control records, so
/// read_committed shows aborted records too: what needs that is tested against the embedded broker.
/// </summary>
internal sealed class MockCluster : IDisposable
{
    public const short InitProducerId = 22;
    public const short EndTxn = 26;
    public const short TxnOffsetCommit = 28;

    private readonly nint _client;
    private readonly nint _cluster;

    public MockCluster(int brokers = 1)
    {
        Span<byte> error = stackalloc byte[512];
        _client = New(0, NewConf(), ref MemoryMarshal.GetReference(error), (nuint)error.Length);
        Assert.NotEqual(0, _client);
        _cluster = NewCluster(_client, brokers);
        Assert.NotEqual(0, _cluster);
        Bootstrap = Marshal.PtrToStringUTF8(Bootstraps(_cluster))!;
    }

    public string Bootstrap { get; }

    public void CreateTopic(string topic, int partitions) => Assert.Equal(0, CreateTopic(_cluster, topic, partitions, 1));

    /// <summary>The next requests of this API key are answered with these codes, one each.</summary>
    public void FailNext(short apiKey, params int[] errors) => PushErrors(_cluster, apiKey, (nuint)errors.Length, errors);

    public void Dispose()
    {
        DestroyCluster(_cluster);
        Destroy(_client);
    }

    private const string Library = "librdkafka.so.1";

    [DllImport(Library, EntryPoint = "rd_kafka_conf_new")]
    private static extern nint NewConf();

    [DllImport(Library, EntryPoint = "rd_kafka_new")]
    private static extern nint New(int type, nint conf, ref byte error, nuint errorLength);

    [DllImport(Library, EntryPoint = "rd_kafka_mock_cluster_new")]
    private static extern nint NewCluster(nint client, int brokers);

    [DllImport(Library, EntryPoint = "rd_kafka_mock_cluster_bootstraps")]
    private static extern nint Bootstraps(nint cluster);

    [DllImport(Library, EntryPoint = "rd_kafka_mock_topic_create", CharSet = CharSet.Ansi)]
    private static extern int CreateTopic(nint cluster, string topic, int partitions, int replication);

    [DllImport(Library, EntryPoint = "rd_kafka_mock_push_request_errors_array")]
    private static extern void PushErrors(nint cluster, short apiKey, nuint count, [In] int[] errors);

    [DllImport(Library, EntryPoint = "rd_kafka_mock_cluster_destroy")]
    private static extern void DestroyCluster(nint cluster);

    [DllImport(Library, EntryPoint = "rd_kafka_destroy")]
    private static extern void Destroy(nint client);
}

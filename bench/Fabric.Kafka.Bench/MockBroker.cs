using System.Runtime.InteropServices;

namespace Fabric.Kafka.Bench;

/// <summary>
/// librdkafka's mock cluster of one broker, served by this process until its input ends. It keeps about 5 MB a partition in
/// memory, checks no checksum, and never waits for anything: the peer for produce and commit, and for nothing else.
/// </summary>
internal static class MockBroker
{
    public const string Role = "mock";
    public const string Topic = "bench";
    public const int Partitions = 4;

    public static int Serve()
    {
        Span<byte> error = stackalloc byte[512];
        nint client = Librdkafka.New(
            Librdkafka.Producer, Librdkafka.NewConf(), ref MemoryMarshal.GetReference(error), (nuint)error.Length);
        nint cluster = Librdkafka.NewCluster(client, 1);
        if (Librdkafka.CreateTopic(cluster, Topic, Partitions, 1) != 0)
        {
            return 1;
        }

        Console.WriteLine(Marshal.PtrToStringUTF8(Librdkafka.Bootstraps(cluster)));
        Console.In.ReadToEnd();
        return 0;
    }
}

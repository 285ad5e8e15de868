namespace Fabric.Kafka.Bench;

/// <summary>
/// Goals 3a and 3b: one librdkafka producer, acks=all, four partitions, against librdkafka's mock broker. Messages are cut from
/// random bytes (seed 1), so nothing could compress them. The clock runs until the last acknowledgement. The broker keeps a disk
/// log; it has no other. With <c>os</c> it leaves the flushing to the operating system, which is not its ordinary setting.
/// </summary>
internal static class ProduceThroughput
{
    private const int PayloadBytes = 16 << 20;

    public static int Run(string[] args)
    {
        string fsync = args.Contains("os") ? "os" : "always";
        int[] sizes = [.. args.Where(arg => arg != "os").Select(int.Parse)];
        byte[] payload = new byte[PayloadBytes];
        new Random(1).NextBytes(payload);
        using ChildProcess broker = ChildProcess.Broker(fsync);
        using ChildProcess mock = ChildProcess.Peer(MockBroker.Role);
        using var toBroker = new BareProducer(broker.Bootstrap);
        using var toMock = new BareProducer(mock.Bootstrap);
        foreach (int size in sizes.Length > 0 ? sizes : [100, 1024])
        {
            Compare(size, fsync, payload, (broker, toBroker), (mock, toMock));
        }

        return 0;
    }

    private static void Compare(
        int size, string fsync, byte[] payload, (ChildProcess Process, BareProducer Producer) broker, (ChildProcess Process, BareProducer Producer) mock)
    {
        var rate = new Comparison($"3a produce, {size} B, acks=all, fsync {fsync}", "MB/s", ">= 0.9");
        var cpu = new Comparison($"3b CPU per GB, {size} B, disk log, fsync {fsync}", "s/GB", "<= 4");
        int messages = size < 512 ? 2_500_000 : 500_000;
        Comparison.Interleave((round, counts) =>
        {
            string topic = $"bench-{size}-{round}";
            using var admin = new RawClient(broker.Process.Address);
            admin.CreateTopic(topic, MockBroker.Partitions);
            (double Rate, double Cpu) ours = Produce(broker.Process, broker.Producer, topic, payload, size, messages);
            admin.DeleteTopic(topic);
            (double Rate, double Cpu) peer = Produce(mock.Process, mock.Producer, MockBroker.Topic, payload, size, messages);
            Console.WriteLine($"  {size} B: broker {ours.Rate:F0} MB/s {ours.Cpu:F2} s/GB, mock {peer.Rate:F0} MB/s {peer.Cpu:F2} s/GB");
            if (counts)
            {
                rate.Add(ours.Rate, peer.Rate);
                cpu.Add(ours.Cpu, peer.Cpu);
            }
        });
        rate.Print();
        cpu.Print();
    }

    private static (double Rate, double CpuSeconds) Produce(
        ChildProcess server, BareProducer producer, string topic, byte[] payload, int size, int messages)
    {
        producer.Open(topic);
        producer.Produce(0, payload.AsSpan(0, size));
        producer.Flush(); // metadata, connection
        TimeSpan cpuBefore = server.CpuTime;
        long startedAt = TimeProvider.System.GetTimestamp();
        for (int i = 0, at = 0; i < messages; i++, at = (at + size) & (PayloadBytes / 2 - 1))
        {
            producer.Produce(i % MockBroker.Partitions, payload.AsSpan(at, size));
        }

        producer.Flush();
        double seconds = TimeProvider.System.GetElapsedTime(startedAt).TotalSeconds;
        double gigabytes = (double)messages * size / 1e9;
        return (gigabytes * 1000 / seconds, (server.CpuTime - cpuBefore).TotalSeconds / gigabytes);
    }
}

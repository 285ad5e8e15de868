namespace Fabric.Kafka.Bench;

/// <summary>
/// Goal 3d: producing one batch with acks=1 over a bare socket and waiting for the answer, against a TCP ping-pong that carries
/// as many bytes either way. The broker does not wait for the disk before it answers; in its ordinary setting it flushes
/// meanwhile, without flushing (<c>os</c>) the goal's own case is measured too.
/// </summary>
internal static class RoundTrip
{
    private const int Times = 2_000;
    private const string Topic = "bench";

    public static int Run(string[] args)
    {
        int[] sizes = args.Length > 0 ? [.. args.Select(int.Parse)] : [200, 64 << 10];
        using ChildProcess echo = ChildProcess.Peer(EchoServer.Role);
        foreach (string fsync in (string[])["os", "always"])
        {
            using ChildProcess broker = ChildProcess.Broker(fsync);
            foreach (int size in sizes)
            {
                Compare(fsync, size, broker, echo);
            }
        }

        return 0;
    }

    private static void Compare(string fsync, int size, ChildProcess broker, ChildProcess echo)
    {
        var comparison = new Comparison($"3d produce round trip, acks=1, {size} B batch, fsync {fsync}", "us", "<= 4");
        byte[] frame = RawClient.ProduceFrame(Topic, RawClient.Batch(size), acks: 1);
        using var client = new RawClient(broker.Address);
        using PingPong peer = PingPong.Connect(echo.Address);
        client.CreateTopic(Topic, 1);
        int responseBytes = client.Append(frame, Topic);
        Comparison.Interleave((_, counts) =>
        {
            double ours = Latency.MedianMicroseconds(Times, () => client.Append(frame, Topic));
            double floor = Latency.MedianMicroseconds(Times, () => peer.Ask(frame.Length, responseBytes));
            if (counts)
            {
                comparison.Add(ours, floor);
            }
        });
        client.DeleteTopic(Topic);
        comparison.Print();
    }
}

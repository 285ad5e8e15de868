using Fabric.Kafka.Bench;

return args.FirstOrDefault() switch
{
    "produce" => ProduceThroughput.Run(args[1..]),
    "roundtrip" => RoundTrip.Run(args[1..]),
    "durable" => DurableAppend.Run(args[1..]),
    "commit" => CommitLatency.Run(args[1..]),
    MockBroker.Role => MockBroker.Serve(),
    EchoServer.Role => EchoServer.Serve(),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine(
        """
        produce [os] [bytes ...]     3a, 3b: produce MB/s and broker CPU-seconds per GB, against librdkafka's mock broker
        roundtrip [bytes ...]        3d: produce with acks=1 over a bare socket, against a TCP ping-pong
        durable [bytes ...]          3e: produce with acks=all, fsync per commit, against append and fdatasync
        commit [setting=value ...]   3g: transaction commit, against librdkafka's mock broker

        Clients run on the first core, brokers and peers on the second. Rounds are interleaved, the first is thrown away.
        """);
    return 2;
}

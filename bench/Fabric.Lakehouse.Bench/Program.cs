using Fabric.Lakehouse.Bench;

return args switch
{
    ["sink"] => await SinkThroughput.RunAsync(),
    ["commit"] => await CommitLatency.RunAsync(),
    ["plant"] => await RecordedPlant.RunAsync(),
    ["broker", var folder] => await BrokerProcess.ServeAsync(folder),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine(
        """
        sink     1a: topic to committed table against bare librdkafka, at 1 and at 20 samples a record
        commit   1c: a version becomes visible, against the same system calls done bare
        plant    1f: bytes a sample on the recorded plant, against DuckDB's COPY of the same rows
        """);
    return 2;
}

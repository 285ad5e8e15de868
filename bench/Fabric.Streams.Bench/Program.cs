using Fabric.Streams.Bench;

return args.FirstOrDefault() switch
{
    "map" => await MapThroughput.RunAsync(args[1..]),
    "state" => StateAccess.Run(),
    "restore" => await RestoreRate.RunAsync(),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine(
        """
        map [records [rounds]]       2a: stateless topology against a hand-written loop on the same doors, interleaved
        state                        2e: read-modify-write of a state store against a plain dictionary
        restore                      2f: restoring a store against bare consuming of its changelog
        """);
    return 2;
}

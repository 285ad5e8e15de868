using Fabric.EndToEnd.Bench;
using Fabric.EndToEnd.Bench.Publishing;

if (args.FirstOrDefault() == PublisherProgram.Word)
{
    return PublisherProgram.Run(args[1..]);
}

if (BenchOptions.Parse(args, out string problem) is not { } options)
{
    Console.Error.WriteLine($"{problem}\n{BenchOptions.Usage}");
    return 2;
}

if (!Fabric.Testing.MosquittoServer.Judge.IsPresent)
{
    Console.Error.WriteLine(Fabric.Testing.MosquittoServer.Judge.Absent);
    return 2;
}

return options.Rate is { } rate ? await RateSearch.OnceAsync(options, rate) : await RateSearch.SearchAsync(options);

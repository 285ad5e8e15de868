using Fabric.Avro.Bench;

// dotnet run -c Release --project bench/Fabric.Avro.Bench [columns|encode|reused|objects]
// With an operation it loops over that for ten seconds, for a profiler.
// Event.cs is made from event.avsc: dotnet run --project schemas/generator bench/Fabric.Avro.Bench
var bench = new AvroBench(File.ReadAllText(RepositoryFolder.Find("bench", "Fabric.Avro.Bench", "event.avsc")));
if (args is [string operation])
{
    bench.Loop(operation, TimeSpan.FromSeconds(10));
}
else
{
    bench.Run();
}

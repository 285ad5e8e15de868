using Fabric.Devices.Bench;

// dotnet run -c Release --project bench/Fabric.Devices.Bench [only]
// With "only" our side alone receives, for a profiler.
return await SubscriberCpu.RunAsync(isOursAlone: args is ["only"]);

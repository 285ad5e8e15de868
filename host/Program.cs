using System.CommandLine;
using Fabric.Host.Commands;

return await FabricCommand.RunAsync(args).ConfigureAwait(false);

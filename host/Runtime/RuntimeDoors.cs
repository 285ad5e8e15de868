using Fabric.Core;
using Microsoft.Extensions.Logging;

namespace Fabric.Host.Runtime;

/// <summary>Clock, chance, identity and logs of a process.</summary>
internal sealed record RuntimeDoors(TimeProvider Clock, Random Random, IIdSource Ids, ILoggerFactory Logs);

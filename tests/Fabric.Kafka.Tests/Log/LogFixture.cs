using Fabric.Kafka.Log;
using Fabric.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Kafka.Tests.Log;

/// <summary>A log in a folder of its own, which can be closed and opened again.</summary>
internal sealed class LogFixture : IDisposable
{
    private readonly TempFolder _folder = new();

    public LogFixture(LogConfig? config = null, ILogFiles? files = null)
    {
        Config = config ?? new LogConfig();
        Files = files ?? DiskLogFiles.Instance;
        Clock = new ManualTimeProvider();
        Log = Open();
    }

    public LogConfig Config { get; }

    public ILogFiles Files { get; }

    public ManualTimeProvider Clock { get; }

    public PartitionLog Log { get; private set; }

    public string Folder => _folder["log"];

    public long NowMs => Clock.GetUtcNow().ToUnixTimeMilliseconds();

    public AppendResult Append(byte[] batch) => Log.Append(batch, NowMs);

    public AppendResult End(long producerId, short epoch, bool commit) =>
        Log.AppendControl(producerId, epoch, commit, coordinatorEpoch: 0, NowMs);

    public void MakeDurable() => Log.MarkDurable(Log.Flush());

    public PartitionLog Reopen()
    {
        Log.Dispose();
        return Log = Open();
    }

    public void Dispose()
    {
        Log.Dispose();
        _folder.Dispose();
    }

    private PartitionLog Open() => PartitionLog.Open(Folder, Config, Clock, NullLogger.Instance, Files);
}

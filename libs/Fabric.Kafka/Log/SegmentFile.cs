namespace Fabric.Kafka.Log;

/// <summary>
/// A segment's open file, shared by the log and by whoever still sends slices of it. It is closed when the last of them lets go,
/// so that deleting or replacing a segment never pulls the file away under a reader.
/// </summary>
internal sealed class SegmentFile(ILogFile file)
{
    private int _holders = 1;

    public ILogFile File => file;

    /// <summary>Only while the caller knows that somebody holds it.</summary>
    public void Hold() => Interlocked.Increment(ref _holders);

    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            file.Dispose();
        }
    }
}

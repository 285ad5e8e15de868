using Fabric.Core.Storage;

namespace Fabric.Kafka.Broker.Topics;

/// <summary>
/// A file that holds a little room on the disk. Deleting records or topics has to write a few bytes first, which a full disk would
/// refuse: then this room is given up, and taken again when there is some.
/// </summary>
internal sealed class DiskReserve(string folder)
{
    private const int SizeBytes = 256 * 1024;

    private readonly string _path = Path.Combine(folder, "reserve");

    /// <summary>Takes the room if it is not held; false when the disk has none.</summary>
    public bool TryTake()
    {
        if (File.Exists(_path))
        {
            return true;
        }

        try
        {
            DurableFile.WriteNew(_path, new byte[SizeBytes]);
            return true;
        }
        catch (StorageException)
        {
            return false; // the next check tries again; what it is for says so when it fails
        }
    }

    /// <summary>Gives the room up; false when there is none to give.</summary>
    public bool TryGiveUp()
    {
        try
        {
            bool isHeld = File.Exists(_path);
            File.Delete(_path);
            return isHeld;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false; // the failure that led here is reported by the caller
        }
    }
}

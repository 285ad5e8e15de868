using System.Globalization;
using System.Text.Json;
using Fabric.Core;
using Fabric.Core.Storage;

namespace Fabric.Kafka.Broker.Topics;

/// <summary>
/// The broker's folder, held by one process at a time and stamped with the version of its layout.
/// <code>
/// broker.lock   held (flock) while a broker runs     broker.pid    who holds it
/// stamp.json    { format, clusterId }                topics.json   which topics there are (CatalogFile)
/// topics/NAME.ID/PARTITION/   segments of a partition; a folder whose ID is in no catalog is a rest of a deletion
/// reserve       room given up when the disk is full, so that something can be deleted (DiskReserve)
/// internal/NAME/              the coordinators' own logs
/// </code>
/// </summary>
internal sealed class DataDirectory : IDisposable
{
    public const int FormatVersion = 1;

    /// <summary>Longest part of a topic's name in its folder's name: with the id it stays below 255 bytes.</summary>
    private const int NameCharactersMax = 200;

    private readonly FileStream _lock;
    private readonly string _pidFile;

    private DataDirectory(string path, FileStream lockFile, string pidFile, string clusterId)
    {
        Path = path;
        _lock = lockFile;
        _pidFile = pidFile;
        ClusterId = clusterId;
    }

    public string Path { get; }

    /// <summary>22 characters, drawn once; what clients see as the cluster's id.</summary>
    public string ClusterId { get; }

    public string TopicsFolder => System.IO.Path.Combine(Path, "topics");

    /// <summary>Creates what is missing and takes the lock.</summary>
    /// <exception cref="KafkaException">
    /// <c>DATA_DIRECTORY_IN_USE</c> (names the process), <c>DATA_DIRECTORY_FORMAT</c> (another version wrote it),
    /// <c>DATA_DIRECTORY_UNUSABLE</c> (the disk refused).
    /// </exception>
    public static DataDirectory Open(string path, IIdSource ids)
    {
        path = System.IO.Path.GetFullPath(path);
        FileStream? lockFile = null;
        try
        {
            DurableFile.CreateFolder(path);
            string pidFile = System.IO.Path.Combine(path, "broker.pid");
            lockFile = TakeLock(path, pidFile);
            File.WriteAllText(pidFile, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            string clusterId = ReadOrWriteStamp(path, ids);
            DurableFile.CreateFolder(System.IO.Path.Combine(path, "topics"));
            DurableFile.CreateFolder(System.IO.Path.Combine(path, "internal"));
            return new DataDirectory(path, lockFile, pidFile, clusterId);
        }
        catch (Exception exception)
        {
            lockFile?.Dispose();
            if (exception is IOException or UnauthorizedAccessException or StorageException)
            {
                throw new KafkaException(
                    "DATA_DIRECTORY_UNUSABLE", $"The broker's data directory cannot be used: {exception.Message}", path,
                    innerException: exception);
            }

            throw;
        }
    }

    public string PartitionFolder(string topic, Guid id, int partition) => System.IO.Path.Combine(
        TopicFolder(topic, id), partition.ToString(CultureInfo.InvariantCulture));

    public string TopicFolder(string topic, Guid id) =>
        System.IO.Path.Combine(TopicsFolder, $"{topic[..Math.Min(NameCharactersMax, topic.Length)]}.{id:N}");

    public string InternalFolder(string name) => System.IO.Path.Combine(Path, "internal", name);

    public void Dispose()
    {
        File.Delete(_pidFile);
        _lock.Dispose();
    }

    private static FileStream TakeLock(string path, string pidFile)
    {
        try
        {
            return new FileStream(
                System.IO.Path.Combine(path, "broker.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (exception is not (FileNotFoundException or DirectoryNotFoundException))
        {
            string holder = File.Exists(pidFile) ? File.ReadAllText(pidFile) : "unknown";
            throw new KafkaException(
                "DATA_DIRECTORY_IN_USE",
                $"Another broker uses this data directory (process {holder}): stop it, or give this one a directory of its own",
                path, isRetriable: true, innerException: exception);
        }
    }

    private static string ReadOrWriteStamp(string path, IIdSource ids)
    {
        string file = System.IO.Path.Combine(path, "stamp.json");
        if (!File.Exists(file))
        {
            string clusterId = Convert.ToBase64String(ids.NewId().ToByteArray())[..22].Replace('+', '-').Replace('/', '_');
            string beside = file + ".new";
            File.Delete(beside);
            DurableFile.WriteNew(beside, JsonSerializer.SerializeToUtf8Bytes(new Stamp(FormatVersion, clusterId)));
            DurableFile.Replace(beside, file);
            DurableFile.SyncFolder(path);
            return clusterId;
        }

        Stamp? stamp = ReadStamp(file);
        return stamp is { Format: FormatVersion, ClusterId.Length: > 0 }
            ? stamp.ClusterId
            : throw new KafkaException(
                "DATA_DIRECTORY_FORMAT",
                $"Expected a data directory of format {FormatVersion}, found {stamp?.Format.ToString(CultureInfo.InvariantCulture)
                    ?? "no readable stamp"}: use the version of the broker that wrote it", file);
    }

    private static Stamp? ReadStamp(string file)
    {
        try
        {
            return JsonSerializer.Deserialize<Stamp>(File.ReadAllBytes(file));
        }
        catch (JsonException)
        {
            return null; // the caller refuses what has no readable stamp
        }
    }

    private sealed record Stamp(int Format, string ClusterId);
}

using System.Text.Json;
using Fabric.Core.Storage;

namespace Fabric.Kafka.Broker.Topics;

/// <summary>
/// The file <c>topics.json</c>: which topics there are, under which id, with which settings. It is replaced as a whole: written
/// beside, flushed, renamed, and the folder flushed, so that a crash leaves the old or the new one.
/// </summary>
internal sealed class CatalogFile(string folder)
{
    public const string FileName = "topics.json";

    private const string NewFileName = "topics.json.new";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly string _path = Path.Combine(folder, FileName);

    /// <summary>Null when it was never written.</summary>
    /// <exception cref="KafkaException">It cannot be read: nothing may be guessed from what else is in the folder.</exception>
    public CatalogRecord? Read()
    {
        try
        {
            if (!File.Exists(_path))
            {
                return null;
            }

            using FileStream file = File.OpenRead(_path);
            return JsonSerializer.Deserialize<CatalogRecord>(file, Json)
                ?? throw new JsonException("The file holds null");
        }
        catch (Exception exception) when (exception is IOException or JsonException or UnauthorizedAccessException)
        {
            throw new KafkaException(
                "CATALOG_UNREADABLE",
                $"The list of topics cannot be read: {exception.Message} Restore it from a backup of the data directory",
                _path, innerException: exception);
        }
    }

    /// <exception cref="IOException">The old list stays.</exception>
    public void Write(CatalogRecord record)
    {
        string beside = Path.Combine(folder, NewFileName);
        try
        {
            File.Delete(beside);
            DurableFile.WriteNew(beside, JsonSerializer.SerializeToUtf8Bytes(record, Json));
            DurableFile.Replace(beside, _path);
            DurableFile.SyncFolder(folder);
        }
        catch (Exception exception) when (exception is StorageException or UnauthorizedAccessException)
        {
            throw new IOException(exception.Message, exception);
        }
    }
}

using Fabric.Core;
using Fabric.Core.Storage;

namespace Fabric.Host.Runtime;

/// <summary>
/// The folder with everything that is kept on this machine: stamped with a format version, so that a later Fabric knows what it
/// opens and an earlier one refuses; and the place where the node's name is kept.
/// </summary>
internal sealed class DataFolder
{
    private const string FormatVersion = "1";
    private const string StampFile = "fabric-format";
    private const string NodeFile = "node";

    private DataFolder(string path, string node)
    {
        Path = path;
        Node = node;
    }

    public string Path { get; }

    /// <summary>Name of this process: from the configuration, or made once and kept.</summary>
    public string Node { get; }

    /// <exception cref="HostException"><c>DATA_FORMAT</c>: written by another version; <c>DATA_UNWRITABLE</c>.</exception>
    public static DataFolder Open(string path, string? configuredNode, IIdSource ids)
    {
        try
        {
            DurableFile.CreateFolder(path);
            CheckStamp(System.IO.Path.Combine(path, StampFile));
            return new DataFolder(path, configuredNode ?? KeptNode(System.IO.Path.Combine(path, NodeFile), ids));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or StorageException)
        {
            throw new HostException(
                "DATA_UNWRITABLE", "The data folder cannot be written; check its owner and free space, or set data to another one",
                path, innerException: exception);
        }
    }

    /// <summary>The node's name as a process knows it that only looks; where none was kept, the machine's.</summary>
    public static string NodeOf(string path, string? configuredNode)
    {
        string file = System.IO.Path.Combine(path, NodeFile);
        return configuredNode ?? (File.Exists(file) ? File.ReadAllText(file).Trim() : Environment.MachineName);
    }

    private static void CheckStamp(string stamp)
    {
        if (!File.Exists(stamp))
        {
            DurableFile.WriteNew(stamp, System.Text.Encoding.ASCII.GetBytes(FormatVersion + "\n"));
            return;
        }

        string found = File.ReadAllText(stamp).Trim();
        if (found != FormatVersion)
        {
            throw new HostException(
                "DATA_FORMAT", $"The data folder has format '{found}', this Fabric reads {FormatVersion}; use the Fabric that wrote it",
                stamp);
        }
    }

    private static string KeptNode(string file, IIdSource ids)
    {
        if (!File.Exists(file))
        {
            string name = $"node-{ids.NewId().ToString("N")[^8..]}";
            DurableFile.WriteNew(file, System.Text.Encoding.ASCII.GetBytes(name + "\n"));
        }

        return File.ReadAllText(file).Trim();
    }
}

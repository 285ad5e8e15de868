using Fabric.Kafka.Log;
using Fabric.Kafka.Tests.Log;

namespace Fabric.Simulation.Kafka;

/// <summary>Many logs on one disk: each sees the files of its own folder. Names become durable on the whole disk at once.</summary>
internal sealed class FolderedDisk(MemoryLogFiles disk) : ILogFiles
{
    public void CreateFolder(string path) => disk.CreateFolder(path);

    public string[] List(string folder) =>
        [.. disk.List(folder).Where(path => Path.GetDirectoryName(path) == Path.TrimEndingDirectorySeparator(folder)).Order(StringComparer.Ordinal)];

    public bool Exists(string path) => disk.Exists(path);

    public ILogFile Open(string path) => disk.Open(path);

    public void Delete(string path) => disk.Delete(path);

    public void Replace(string from, string to) => disk.Replace(from, to);

    public void FlushFolder(string path) => disk.FlushFolder(path);
}

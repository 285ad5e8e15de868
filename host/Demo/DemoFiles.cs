using Fabric.Governance.Privacy;

namespace Fabric.Host.Demo;

/// <summary>The demo's folder: a configuration, twins, a baseline and a key, as a user would write them.</summary>
internal sealed class DemoFiles
{
    private DemoFiles(string folder) => Folder = folder;

    public string Folder { get; }

    public string Configuration => Path.Combine(Folder, "fabric.yaml");

    public string Ledger => Path.Combine(Folder, "ledger.jsonl");

    public string Data => Path.Combine(Folder, "data");

    public string Lake => Path.Combine(Data, "lake");

    /// <exception cref="HostException"><c>DEMO_FOLDER_NOT_EMPTY</c>: nothing of the user's is overwritten.</exception>
    public static DemoFiles Prepare(string? folder)
    {
        string path = folder is null
            ? Directory.CreateTempSubdirectory("fabric-demo-").FullName
            : Directory.CreateDirectory(Path.GetFullPath(folder)).FullName;
        if (Directory.EnumerateFileSystemEntries(path).Any())
        {
            throw new HostException(
                "DEMO_FOLDER_NOT_EMPTY", "The demo wants an empty folder, so that what it counts is its own; name another one", path);
        }

        var files = new DemoFiles(path);
        PrivacyKey.Create(Path.Combine(path, "secrets", "privacy.key"), files.Data);
        foreach (string name in (string[])["twins.yaml", "healthy-vibration.csv"])
        {
            File.WriteAllText(Path.Combine(path, name), Resource(name));
        }

        return files;
    }

    /// <summary>Writes the configuration once the plant's port is known.</summary>
    public void WriteConfiguration(int mqttPort) => File.WriteAllText(
        Configuration, Resource("fabric.yaml").Replace("{mqttPort}", mqttPort.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));

    private static string Resource(string name)
    {
        using Stream stream = typeof(DemoFiles).Assembly.GetManifestResourceStream($"demo/{name}")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

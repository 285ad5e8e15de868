using System.Security;

namespace Fabric.Host.Templates;

/// <summary>
/// A project of the user's own with one topology, its test, and what to put into the configuration. It is compiled against the
/// assemblies beside this command, so that it needs no package of Fabric's.
/// </summary>
internal sealed class TopologyProject(TopologyName name, string folder)
{
    private const string Prefix = "new/topology/";

    /// <summary>Files of the project by their templates.</summary>
    private (string Template, string Path)[] Files =>
    [
        ("README.md", "README.md"), ("fabric-lines.yaml", "fabric-lines.yaml"), ("gitignore", ".gitignore"),
        ("Directory.Build.props", "Directory.Build.props"), ("Solution.slnx", $"{name.Namespace}.slnx"),
        ("src/Project.csproj", $"src/{name.Namespace}/{name.Namespace}.csproj"),
        ("src/Topology.cs", $"src/{name.Namespace}/{name.Class}.cs"), ("src/Excursions.cs", $"src/{name.Namespace}/Excursions.cs"),
        ("tests/Tests.csproj", $"tests/{name.Namespace}.Tests/{name.Namespace}.Tests.csproj"),
        ("tests/Tests.cs", $"tests/{name.Namespace}.Tests/{name.Class}Tests.cs"),
    ];

    /// <summary>Writes all files; nothing that is there is overwritten.</summary>
    /// <returns>The files, relative to the folder.</returns>
    /// <exception cref="HostException"><c>PROJECT_FOLDER_NOT_EMPTY</c>, <c>PROJECT_NOT_WRITTEN</c>.</exception>
    public IReadOnlyList<string> Write()
    {
        try
        {
            if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
            {
                throw new HostException(
                    "PROJECT_FOLDER_NOT_EMPTY", $"There is something at {folder} already, and nothing is overwritten; name another "
                    + "folder with --output", folder);
            }

            foreach ((string template, string path) in Files)
            {
                string file = Path.Combine(folder, path);
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                using var stream = new FileStream(file, FileMode.CreateNew);
                using var writer = new StreamWriter(stream);
                writer.Write(Fill(template));
            }

            return [.. Files.Select(file => file.Path)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HostException(
                "PROJECT_NOT_WRITTEN", $"The project cannot be written: {exception.Message}", folder, innerException: exception);
        }
    }

    /// <summary>The words between at signs, as the file's own language writes them.</summary>
    private string Fill(string template)
    {
        using Stream stream = typeof(TopologyProject).Assembly.GetManifestResourceStream(Prefix + template)!;
        using var reader = new StreamReader(stream);
        Func<string, string> quote = Path.GetExtension(template) switch
        {
            ".props" => text => SecurityElement.Escape(text)!,
            ".yaml" => text => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal),
            _ => text => text,
        };
        return reader.ReadToEnd()
            .Replace("@Name@", name.Namespace, StringComparison.Ordinal)
            .Replace("@Class@", name.Class, StringComparison.Ordinal)
            .Replace("@topic@", name.Topic, StringComparison.Ordinal)
            .Replace("@Folder@", quote(folder), StringComparison.Ordinal)
            .Replace("@FabricHome@", quote(AppContext.BaseDirectory.TrimEnd('/', '\\')), StringComparison.Ordinal);
    }
}

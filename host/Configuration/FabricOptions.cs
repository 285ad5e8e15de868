using Fabric.Core.Options;

namespace Fabric.Host.Configuration;

/// <summary>The public contract of <c>fabric.yaml</c> (DESIGN §6), read and checked; folders are absolute.</summary>
/// <param name="Fabric">Prefix of topics, groups and the lineage namespace.</param>
/// <param name="Node">Name of this process; null: made once and kept in the data folder.</param>
/// <param name="DataFolder">Everything that is kept on this machine.</param>
/// <param name="LakeFolder">Root of the Delta tables.</param>
/// <param name="TwinsFile">Assets and bindings; null when none are configured.</param>
/// <param name="Console">Where <c>/healthz</c> and <c>/metrics</c> are served; null for nowhere.</param>
internal sealed record FabricOptions(
    string Fabric, string? Node, string DataFolder, KafkaOptions Kafka, RegistryOptions Registry, string LakeFolder,
    TopicsOptions Topics, string? TwinsFile, PrivacyOptions? Privacy, Uri? Console)
{
    /// <summary>Reads the parts of the document that belong to no single feature.</summary>
    public static FabricOptions Read(OptionReader root)
    {
        string name = root.RequiredText("fabric", "the fabric's name, e.g. plant7");
        if (name.Length > 0 && !IsName(name))
        {
            root.Document.Report(
                root.Find("fabric")!, "expected letters, digits, '-' and '_' (it prefixes topics), at most 64");
        }

        string? node = root.Text("node");
        if (node is not null && !IsName(node))
        {
            root.Document.Report(root.Find("node")!, "expected letters, digits, '-' and '_', at most 64");
        }

        string data = Resolve(root, root.Text("data") ?? "./data");
        return new FabricOptions(
            name, node, data, KafkaOptions.Read(root.Section("kafka")), RegistryOptions.Read(root),
            ReadLake(root, data), TopicsOptions.Read(root.Section("topics")), ReadPath(root, "twins"),
            PrivacyOptions.Read(root.Section("privacy"), root.Document.Folder), ReadConsole(root));
    }

    internal static string Resolve(OptionReader reader, string path) =>
        Path.GetFullPath(path, Path.GetFullPath(reader.Document.Folder));

    private static bool IsName(string text) =>
        text.Length <= 64 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private static string? ReadPath(OptionReader root, string key) =>
        root.Text(key) is { } path ? Resolve(root, path) : null;

    private static string ReadLake(OptionReader root, string data)
    {
        string? lake = root.Text("lake");
        if (lake is null)
        {
            return Path.Combine(data, "lake");
        }

        if (lake.Contains("://", StringComparison.Ordinal))
        {
            root.Document.Report(root.Find("lake")!, $"'{lake.Split("://")[0]}' lakes are not built yet; use a folder");
            return Path.Combine(data, "lake");
        }

        return Resolve(root, lake);
    }

    private static Uri? ReadConsole(OptionReader root)
    {
        if (root.Text("console") is not { } text)
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme == Uri.UriSchemeHttp)
        {
            return uri;
        }

        root.Document.Report(root.Find("console")!, "expected an address such as http://127.0.0.1:8080");
        return null;
    }
}

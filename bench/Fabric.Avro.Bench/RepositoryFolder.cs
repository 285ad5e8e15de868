namespace Fabric.Avro.Bench;

/// <summary>Finds a folder of the checkout this was built from.</summary>
internal static class RepositoryFolder
{
    public static string Find(params string[] parts)
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Fabric.sln")))
        {
            at = at.Parent;
        }

        return Path.Combine([at?.FullName ?? throw new InvalidOperationException("No Fabric.sln above"), .. parts]);
    }
}

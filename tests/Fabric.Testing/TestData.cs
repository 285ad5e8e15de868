namespace Fabric.Testing;

/// <summary>Recorded plant data and conformance cases, kept beside the repository and never in it.</summary>
public static class TestData
{
    /// <summary>Why a test skips when the data are absent.</summary>
    public const string Absent = "The recorded data are not beside this checkout (../shared/data)";

    private static readonly Lazy<string> Root = new(FindRepositoryRoot);

    /// <summary>The checkout this test was built from.</summary>
    public static string RepositoryRoot => Root.Value;

    /// <summary>The folder with the recorded data: <c>FABRIC_TEST_DATA</c>, or <c>shared/data</c> beside the checkout; null when absent.</summary>
    public static string? Folder
    {
        get
        {
            string path = Environment.GetEnvironmentVariable("FABRIC_TEST_DATA")
                ?? Path.Combine(RepositoryRoot, "..", "shared", "data");
            return Directory.Exists(path) ? Path.GetFullPath(path) : null;
        }
    }

    private static string FindRepositoryRoot()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Fabric.sln")))
        {
            at = at.Parent;
        }

        return at?.FullName ?? throw new InvalidOperationException($"No Fabric.sln above {AppContext.BaseDirectory}");
    }
}

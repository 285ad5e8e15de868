using Fabric.Schemas.Generator;
using Fabric.Testing;

namespace Fabric.Schemas.Tests;

/// <summary>The committed C# is what the generator makes of the schemas: change one and run the other.</summary>
public sealed class GeneratedSourceTests
{
    private const string Advice = "Run: dotnet run --project schemas/generator, from the root of the repository";

    [Fact]
    public void Generated_files_are_what_the_schemas_say()
    {
        string folder = Path.Combine(TestData.RepositoryRoot, "schemas");
        IReadOnlyDictionary<string, string> expected = SchemaGenerator.Generate(folder);
        Dictionary<string, string> committed = Directory.GetFiles(Path.Combine(folder, "Generated"), "*.cs")
            .ToDictionary(path => Path.GetFileName(path), File.ReadAllText);

        Assert.True(expected.Keys.Order().SequenceEqual(committed.Keys.Order()), Advice);
        Assert.All(expected, file => Assert.True(file.Value == committed[file.Key], $"{file.Key} differs. {Advice}"));
    }
}

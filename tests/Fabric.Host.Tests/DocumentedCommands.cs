using System.Text.RegularExpressions;
using Fabric.Testing;

namespace Fabric.Host.Tests;

/// <summary>One command as a document has it.</summary>
/// <param name="Document">Relative to the repository's root.</param>
/// <param name="Line">As written.</param>
internal sealed record DocumentedCommand(string Document, string Line)
{
    public bool IsFabric => Line.StartsWith("./fabric ", StringComparison.Ordinal);

    /// <summary>What follows <c>./fabric</c>, as a shell splits it.</summary>
    public string[] Arguments => [.. MarkdownText.ShellWords(Line).Skip(1)];

    /// <summary>Runs until it is stopped.</summary>
    public bool IsForever => IsFabric && Arguments[0] is "run" or "broker" or "registry";

    /// <summary>Asks the fabric that the reader has configured himself.</summary>
    public bool IsOfOwnConfiguration => Arguments.Contains("fabric.yaml");
}

/// <summary>Every command that a document tells its reader to type, and the few that no test types.</summary>
internal static partial class DocumentedCommands
{
    /// <summary>Beginnings of commands that no test runs as they stand, and why.</summary>
    public static readonly (string Document, string Begins, string Reason)[] Exempt =
    [
        ("README.md", "make demo", "builds what is running; DemoRun runs the demo itself"),
        ("README.md", "make test", "is what runs"),
        ("README.md", "make help", "prints the Makefile"),
        ("README.md", "make bench", "measures for an hour"),
        ("README.md", "make publish", "takes minutes and a runtime for another platform"),
        ("README.md", "apt-get install", "changes the machine"),
        ("README.md", "docker compose", "wants a container engine; PackagingTests hold the file against the repository"),
        ("CONTRIBUTING.md", "make ", "builds what is running"),
        ("CONTRIBUTING.md", "dotnet ", "builds what is running; Fabric.Schemas.Tests run the generator"),
        ("examples/skab/README.md", "make build", "builds what is running"),
        ("examples/skab/README.md", "mosquitto -c", "listens on a fixed port; SkabTests start one on a free port"),
        ("examples/skab/README.md", "./fabric run", "listens on fixed ports; SkabTests run it on free ones"),
        ("examples/skab/README.md", "node plant/plant.mjs", "SkabTests run it with the port of their mosquitto"),
        ("docs/adr/0001-packages-that-are-not-served.md", "make setup", "has been run where there is something to test"),
        ("bench/README.md", "make bench", "measures for an hour"),
        ("bench/README.md", "dotnet run -c Release --project bench/", "measures for minutes, with the machine to itself"),
    ];

    /// <summary>Those in blocks of shell, and those quoted in a sentence, in the order of the document.</summary>
    public static IReadOnlyList<DocumentedCommand> Of(string document)
    {
        string text = File.ReadAllText(Path.Combine(TestData.RepositoryRoot, document));
        var commands = new List<(int At, string Line)>();
        foreach (Match block in ShellBlock().Matches(text))
        {
            int at = block.Index;
            commands.AddRange(MarkdownText.CommandLines(block.Groups[1].Value)
                .Where(line => MarkdownText.ShellWords(line).Count > 0).Select(line => (at, line.Trim())));
        }

        commands.AddRange(Quoted().Matches(text).Select(quoted => (quoted.Index, quoted.Groups[1].Value)));
        return [.. commands.OrderBy(command => command.At).Select(command => new DocumentedCommand(document, command.Line))];
    }

    /// <summary>Why no test runs it; null when one does.</summary>
    public static string? ReasonNotToRun(DocumentedCommand command) => Exempt
        .Where(exempt => exempt.Document == command.Document && command.Line.StartsWith(exempt.Begins, StringComparison.Ordinal))
        .Select(exempt => exempt.Reason).FirstOrDefault();

    [GeneratedRegex(@"^```bash\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex ShellBlock();

    // A program and its arguments; a name alone is no command to type.
    [GeneratedRegex(@"`((?:\./fabric|kcat|docker|make|apt-get|dotnet|node|mosquitto) [^`\n]+)`")]
    private static partial Regex Quoted();
}

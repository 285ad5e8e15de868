using System.CommandLine;
using System.Text.RegularExpressions;
using Fabric.Core.Options;
using Fabric.Host.Commands;
using Fabric.Host.Configuration;
using Fabric.Testing;

namespace Fabric.Host.Tests;

/// <summary>What is written about this repository, for people and for machines, is true of it: packages, paths, commands.</summary>
public sealed partial class PackagingTests
{
    private static readonly string Root = TestData.RepositoryRoot;

    public static TheoryData<string> Documents => Data(MarkdownText.FilesOf(Root));

    public static TheoryData<string> Configurations =>
        Data("examples/skab/fabric.yaml", "docker/config/fabric.yaml", "docker/config/fabric.kafka.yaml");

    public static TheoryData<string> ComposeFiles => Data("docker/compose.yaml", "docker/compose.kafka.yaml");

    [Fact]
    public void Image_installs_the_packages_that_setup_installs_to_run()
    {
        string[] setup = Words(SetupPackages().Match(Read("scripts/setup.sh")).Groups[1].Value);
        Assert.NotEmpty(setup);
        Assert.Equal(setup, Words(AptPackages().Match(Read("docker/Dockerfile")).Groups[1].Value));
        Assert.Equal(setup, Words(AptPackages().Match(Read("docker/fabric.service")).Groups[1].Value));
    }

    [Fact]
    public void Image_copies_what_the_repository_has()
    {
        string dockerfile = Read("docker/Dockerfile");
        string[] sources = [.. CopiedFiles().Matches(dockerfile).SelectMany(copy => Words(copy.Groups[1].Value)).Where(source => source != ".")];
        Assert.NotEmpty(sources);
        string[] scripts = [.. RepositoryScripts().Matches(dockerfile).Select(script => script.Value)];
        Assert.NotEmpty(scripts);
        Assert.DoesNotContain(sources.Concat(scripts), path => !Exists(path));
        string[] command = Words(ImageCommand().Match(dockerfile).Groups[1].Value.Replace('"', ' ').Replace(',', ' '));
        Assert.Empty(Errors(command));
    }

    [Theory]
    [MemberData(nameof(ComposeFiles))]
    public void Compose_file_names_files_and_commands_that_exist(string file)
    {
        string compose = Read(file);
        string[] dockerfiles = [.. ComposeDockerfile().Matches(compose).Select(match => match.Groups[1].Value)];
        Assert.NotEmpty(dockerfiles);
        string[] mounts = [.. ComposeMounts().Matches(compose).Select(match => $"docker/{match.Groups[1].Value}")];
        Assert.NotEmpty(mounts);
        Assert.DoesNotContain(dockerfiles.Concat(mounts), path => !Exists(path));
        string[] command = Words(ComposeCommand().Match(compose).Groups[1].Value.Replace(',', ' '));
        Assert.Empty(Errors(command));
        Assert.True(Exists(command[^1].Replace("/etc/fabric", "docker/config", StringComparison.Ordinal)), command[^1]);
    }

    [Fact]
    public void Unit_runs_commands_that_exist()
    {
        string[] commands = [.. UnitCommands().Matches(Read("docker/fabric.service")).Select(match => match.Groups[1].Value)];
        Assert.NotEmpty(commands);
        Assert.Empty(commands.SelectMany(command => Errors(MarkdownText.ShellWords(command))));
    }

    [Theory]
    [MemberData(nameof(Configurations))]
    public void Shipped_configuration_is_sound(string file)
    {
        FabricConfiguration configuration = FabricConfiguration.Load(
            Path.Combine(Root, file), name => name == "MQTT_URL" ? "mqtt://broker:1883" : null);
        Assert.NotEmpty(configuration.Connectors);
        Assert.NotNull(configuration.Twins);
    }

    [Fact]
    public void Configurations_in_the_readme_are_sound()
    {
        string[] blocks = [.. MarkdownText.Blocks(Read("README.md"), "yaml")];
        Assert.NotEmpty(blocks);
        foreach (string block in blocks)
        {
            string whole = block.StartsWith("fabric:", StringComparison.Ordinal) ? block : "fabric: plant7\n" + block;
            var document = OptionDocument.Parse(whole, "README.md", Path.Combine(Root, "examples", "skab"), _ => "a secret");
            FabricConfiguration.Read(document, _ => "a secret", out IReadOnlyList<OptionProblem> problems);
            Assert.Empty(problems.Select(problem => problem.ToString()));
        }
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Document_names_paths_that_exist(string file)
    {
        string document = Read(file);
        string folder = Path.GetDirectoryName(file)!;
        IEnumerable<string> links = Links().Matches(document).Select(match => match.Groups[1].Value)
            .Where(link => !link.Contains("://", StringComparison.Ordinal)).Select(link => Path.Combine(folder, link));
        IEnumerable<string> named = NamedPaths().Matches(document).Select(match => match.Groups[1].Value);
        Assert.DoesNotContain(links.Concat(named), path => !Exists(path));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Document_quotes_commands_that_exist(string file)
    {
        string document = Read(file);
        var problems = new List<string>();
        foreach (string line in MarkdownText.Blocks(document, "bash").SelectMany(MarkdownText.CommandLines))
        {
            List<string> words = MarkdownText.ShellWords(line);
            if (words.Count > 0 && words[0] is "fabric" or "./fabric")
            {
                problems.AddRange(Errors(words.Skip(1)).Select(error => $"{line}: {error}"));
            }
        }

        foreach (Match quoted in QuotedCommands().Matches(document))
        {
            if (Unknown(MarkdownText.ShellWords(quoted.Groups[1].Value)) is { } unknown)
            {
                problems.Add($"{quoted.Value}: {unknown}");
            }
        }

        Assert.Empty(problems);
    }

    /// <summary>What ReadmeTests, OwnConfigurationTests and SkabTests do not take up has its reason, and no reason outlives its command.</summary>
    [Fact]
    public void Every_documented_command_is_run_or_has_a_reason_not_to_be()
    {
        DocumentedCommand[] commands = [.. MarkdownText.FilesOf(Root).SelectMany(DocumentedCommands.Of)];
        string[] run = ["README.md", "examples/skab/README.md"];
        string[] left = [.. commands.Where(command => DocumentedCommands.ReasonNotToRun(command) is null && !run.Contains(command.Document))
            .Select(command => $"{command.Document}: {command.Line}")];
        Assert.Empty(left);
        Assert.DoesNotContain(DocumentedCommands.Exempt, exempt => !commands.Any(command =>
            command.Document == exempt.Document && command.Line.StartsWith(exempt.Begins, StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_command_stands_in_the_readme()
    {
        string readme = Read("README.md");
        string[] absent = [.. FabricCommand.Create().Subcommands.Select(command => $"fabric {command.Name}")
            .Where(name => !readme.Contains(name, StringComparison.Ordinal))];
        Assert.Empty(absent);
    }

    [Fact]
    public void New_projects_use_the_packages_that_the_repository_uses()
    {
        Dictionary<string, string> central = Packages(Read("Directory.Packages.props"), "PackageVersion");
        Dictionary<string, string> used = Packages(Read("host/Templates/Topology/tests/Tests.csproj.template"), "PackageReference");
        Assert.NotEmpty(used);
        Assert.All(used, package => Assert.Equal(central[package.Key], package.Value));
    }

    private static Dictionary<string, string> Packages(string project, string element) => System.Xml.Linq.XDocument.Parse(project)
        .Descendants(element).ToDictionary(package => package.Attribute("Include")!.Value, package => package.Attribute("Version")!.Value);

    private static string[] Errors(IEnumerable<string> words) =>
        [.. FabricCommand.Create().Parse(words.ToArray()).Errors.Select(error => error.Message)];

    /// <summary>
    /// What is no command among the words before the first option; null when all are. Words after a command that has none below it
    /// are its arguments.
    /// </summary>
    private static string? Unknown(List<string> words)
    {
        Command at = FabricCommand.Create();
        foreach (string word in words.TakeWhile(word => !word.StartsWith('-')))
        {
            if (at.Subcommands.Count == 0)
            {
                return null;
            }

            Command? next = at.Subcommands.FirstOrDefault(command => command.Name == word);
            if (next is null)
            {
                return $"there is no '{word}'";
            }

            at = next;
        }

        return null;
    }

    private static TheoryData<string> Data(params string[] values)
    {
        var data = new TheoryData<string>();
        foreach (string value in values)
        {
            data.Add(value);
        }

        return data;
    }

    private static string[] Words(string text) => text.Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries);

    private static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static bool Exists(string path) => Path.Exists(Path.Combine(Root, path));

    [GeneratedRegex(@"^RUNTIME_PACKAGES=\(([^)]*)\)", RegexOptions.Multiline)]
    private static partial Regex SetupPackages();

    [GeneratedRegex(@"apt-get install (?:--\S+ )*([a-z0-9 .+-]+)")]
    private static partial Regex AptPackages();

    [GeneratedRegex(@"^COPY (?!--from)(.+) \S+$", RegexOptions.Multiline)]
    private static partial Regex CopiedFiles();

    [GeneratedRegex(@"\bscripts/[\w.-]+\w")]
    private static partial Regex RepositoryScripts();

    [GeneratedRegex(@"^CMD \[([^\]]+)\]", RegexOptions.Multiline)]
    private static partial Regex ImageCommand();

    [GeneratedRegex(@"dockerfile: (\S+)")]
    private static partial Regex ComposeDockerfile();

    [GeneratedRegex(@"- \./([^:\s]+):")]
    private static partial Regex ComposeMounts();

    [GeneratedRegex(@"command: \[([^\]]+)\]")]
    private static partial Regex ComposeCommand();

    [GeneratedRegex(@"^Exec\w+=/opt/fabric/fabric (.+)$", RegexOptions.Multiline)]
    private static partial Regex UnitCommands();

    [GeneratedRegex(@"\]\(([^)\s#]+)(?:#[^)]*)?\)")]
    private static partial Regex Links();

    [GeneratedRegex(@"`((?:bench|connectors|docker|docs|examples|host|lakehouse|libs|native|plant|schemas|scripts|tests|topologies)/[\w./-]+)`")]
    private static partial Regex NamedPaths();

    [GeneratedRegex(@"`(?:\./)?fabric ([a-z][^`\n]*)`")]
    private static partial Regex QuotedCommands();
}

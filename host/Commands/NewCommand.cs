using System.CommandLine;
using Fabric.Host.Templates;

namespace Fabric.Host.Commands;

/// <summary><c>fabric new topology</c>: a project of the user's own, with a test that passes.</summary>
internal static class NewCommand
{
    public static Command Create() => new("new", "Projects of your own") { Topology() };

    private static Command Topology()
    {
        var name = new Argument<string>("NAME") { Description = "Namespace and assembly, e.g. PumpWatch or Acme.PumpWatch" };
        var output = new Option<string?>("--output", "-o")
        {
            Description = "A new or empty folder for it; default: the name, here", HelpName = "DIR",
        };
        var command = new Command("topology", "A topology in C# with a TopologyTestDriver test, built against this fabric")
        {
            name, output,
        };
        command.SetAction(parsed => Make(parsed.GetValue(name)!, parsed.GetValue(output)));
        return command;
    }

    private static int Make(string text, string? output)
    {
        if (TopologyName.Parse(text, out string problem) is not { } name)
        {
            Console.Error.WriteLine($"fabric: {problem}");
            return ExitCode.WrongUsage;
        }

        string folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(output ?? name.Namespace));
        foreach (string file in new TopologyProject(name, folder).Write())
        {
            Console.WriteLine($"  {file}");
        }

        Console.WriteLine($"""
            made in {folder}; next, there:
              dotnet test                 runs the topology in memory, without Kafka
              dotnet build -c Release     makes the assembly that the fabric loads
            then put the lines of fabric-lines.yaml into your fabric.yaml and run 'fabric check'
            """);
        return ExitCode.Done;
    }
}

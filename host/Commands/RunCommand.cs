using System.CommandLine;
using Fabric.Core.Options;
using Fabric.Host.Configuration;
using Fabric.Host.Runtime;
using Microsoft.Extensions.Logging;

namespace Fabric.Host.Commands;

/// <summary><c>fabric run</c>: everything the configuration names, or the parts that <c>--only</c> picks.</summary>
internal static class RunCommand
{
    private static readonly (string Word, RuntimeRoles Role)[] Roles =
    [
        ("broker", RuntimeRoles.Broker), ("registry", RuntimeRoles.Registry), ("connectors", RuntimeRoles.Connectors),
        ("topologies", RuntimeRoles.Topologies), ("sinks", RuntimeRoles.Sinks), ("console", RuntimeRoles.Console),
    ];

    public static Command Create()
    {
        Option<string> config = CommonOptions.Config();
        Option<LogLevel> log = CommonOptions.Log();
        var only = new Option<string?>("--only")
        {
            Description = $"Run only these parts, separated by commas: {string.Join(", ", Roles.Select(role => role.Word))}",
            HelpName = "PARTS",
        };
        var command = new Command("run", "Run what the configuration names, until interrupted") { config, only, log };
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.GetValue(config)!, parsed.GetValue(only), parsed.GetValue(log), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string config, string? only, LogLevel log, CancellationToken cancellation)
    {
        if (!TryParseRoles(only, out RuntimeRoles roles, out string problem))
        {
            await Console.Error.WriteLineAsync($"fabric: --only: {problem}").ConfigureAwait(false);
            return ExitCode.WrongUsage;
        }

        FabricConfiguration configuration = CommonOptions.Load(config);
        RuntimeDoors doors = CommonOptions.Doors(log);
        FabricRuntime runtime = await FabricRuntime.StartAsync(configuration, roles, doors, cancellation).ConfigureAwait(false);
        await using (runtime.ConfigureAwait(false))
        {
            Console.WriteLine($"fabric '{configuration.Options.Fabric}' runs as {runtime.Data.Node}, Kafka at {runtime.BootstrapServers}");
            await LiveTable.ShowAsync(runtime, doors.Clock, cancellation).ConfigureAwait(false);
            Console.WriteLine("stopping: connectors first, tables last");
        }

        return ExitCode.Done;
    }

    private static bool TryParseRoles(string? only, out RuntimeRoles roles, out string problem)
    {
        roles = only is null ? RuntimeRoles.All : RuntimeRoles.None;
        problem = "";
        foreach (string word in (only ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            RuntimeRoles role = Roles.FirstOrDefault(known => known.Word == word).Role;
            if (role == RuntimeRoles.None)
            {
                problem = Suggestion.ForUnknown("part", word, [.. Roles.Select(known => known.Word)]);
                return false;
            }

            roles |= role;
        }

        problem = "expected at least one part";
        return roles != RuntimeRoles.None;
    }
}

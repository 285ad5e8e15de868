using System.CommandLine;
using Fabric.Core;
using Fabric.Core.Options;
using Fabric.DuckDb;

namespace Fabric.Host.Commands;

/// <summary>The <c>fabric</c> command: its subcommands, exit codes, and how failures are told.</summary>
internal static class FabricCommand
{
    /// <summary>How long a process that was asked to stop may take: tables are flushed and groups left in order.</summary>
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(50);

    public static async Task<int> RunAsync(string[] args)
    {
        ParseResult parsed = Create().Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (string mistake in MistakesOf(parsed))
            {
                await Console.Error.WriteLineAsync($"fabric: {mistake}").ConfigureAwait(false);
            }

            await Console.Error.WriteLineAsync("fabric: see 'fabric --help'").ConfigureAwait(false);
            return ExitCode.WrongUsage;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = StopMax })
                .ConfigureAwait(false);
        }
        catch (OptionsException exception)
        {
            foreach (OptionProblem problem in exception.Problems)
            {
                await Console.Error.WriteLineAsync(problem.ToString()).ConfigureAwait(false);
            }

            return ExitCode.No;
        }
        catch (FabricException exception)
        {
            await Console.Error.WriteLineAsync($"fabric: {exception.Message} [{exception.Code}]").ConfigureAwait(false);
            return CodeOf(exception);
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Done;
        }
    }

    /// <summary>A word in the place of a command is told with what was probably meant; whatever else is wrong follows from it.</summary>
    private static IEnumerable<string> MistakesOf(ParseResult parsed)
    {
        string[] commands = [.. parsed.CommandResult.Command.Subcommands.Select(command => command.Name)];
        return commands.Length > 0 && parsed.UnmatchedTokens.Count > 0
            ? [Suggestion.ForUnknown("command", parsed.UnmatchedTokens[0], commands)]
            : parsed.Errors.Select(error => error.Message).Distinct();
    }

    private static int CodeOf(FabricException exception) => exception.Code switch
    {
        DuckDbErrorCodes.Statement or DuckDbErrorCodes.Forbidden => ExitCode.WrongUsage, // what SQL the user wrote
        "TABLE_UNKNOWN" => ExitCode.No,
        _ => ExitCode.OutsideFailed,
    };

    internal static RootCommand Create() => new("Fabric turns what a plant says into governed, analysable tables")
    {
        DemoCommand.Create(), RunCommand.Create(), CheckCommand.Create(), PlanCommand.Create(), NewCommand.Create(),
        TablesCommand.Create(), SqlCommand.Create(), QuarantineCommand.Create(), TwinCommand.Create(), LineageCommand.Create(),
        BrokerCommand.Create(), RegistryCommand.Create(), PrivacyCommand.Create(), DoctorCommand.Create(),
    };
}

/// <summary>Exit codes (DESIGN §6).</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>The answer is no: a check or verification failed.</summary>
    public const int No = 1;

    public const int WrongUsage = 2;

    /// <summary>Something outside failed: a disk, a broker, a peer.</summary>
    public const int OutsideFailed = 3;
}

using Fabric.Connectors;
using Fabric.Core.Options;
using Fabric.Lakehouse.Tables;
using Fabric.Twins;

namespace Fabric.Host.Configuration;

/// <summary>A whole <c>fabric.yaml</c>, checked: what the process is to run.</summary>
internal sealed record FabricConfiguration(
    string File, FabricOptions Options, IReadOnlyList<ConnectorPlan> Connectors, IReadOnlyList<TopologyPlan> Topologies,
    IReadOnlyList<TableDefinition> Tables, TwinFile? Twins)
{
    /// <summary>Reads a file and everything it refers to. All mistakes of all files are in the exception.</summary>
    /// <exception cref="OptionsException">There is at least one mistake.</exception>
    public static FabricConfiguration Load(string path, Func<string, string?> environment)
    {
        var document = OptionDocument.Load(path, environment);
        if (document.Root.Entries.Count == 0)
        {
            document.ThrowIfInvalid(); // of a file that could not be read, what it lacks is no news
        }

        FabricConfiguration configuration = Read(document, environment, out IReadOnlyList<OptionProblem> problems);
        return problems.Count == 0 ? configuration : throw new OptionsException(problems);
    }

    /// <summary>Reads a document; the mistakes found are handed out in order.</summary>
    public static FabricConfiguration Read(
        OptionDocument document, Func<string, string?> environment, out IReadOnlyList<OptionProblem> problems)
    {
        var root = new OptionReader(document, document.Root);
        FabricOptions options = FabricOptions.Read(root);
        IReadOnlyList<ConnectorPlan> connectors = ConnectorPlan.ReadAll(root, options);
        IReadOnlyList<TopologyPlan> topologies = TopologyPlan.ReadAll(root, options);
        IReadOnlyList<TableDefinition> tables = TablePlan.ReadAll(root, options);
        root.Finish();
        TwinFile? twins = null;
        IReadOnlyList<OptionProblem> twinProblems = [];
        if (options.TwinsFile is { } twinsFile)
        {
            var twinsDocument = OptionDocument.Load(twinsFile, environment);
            twins = TwinFile.Read(twinsDocument);
            twinProblems = twinsDocument.Problems;
        }

        problems = [.. document.Problems, .. twinProblems];
        return new FabricConfiguration(document.File, options, connectors, topologies, tables, twins);
    }
}

using Fabric.Core.Options;
using Fabric.Lakehouse.Tables;

namespace Fabric.Host.Configuration;

/// <summary>The tables of a fabric: the standard ones, with their flush settings as configured, and those of the user's own.</summary>
internal static class TablePlan
{
    private const string Default = "default";

    public static IReadOnlyList<TableDefinition> ReadAll(OptionReader root, FabricOptions options)
    {
        OptionReader? section = root.Section("tables");
        FlushPolicy standard = section?.Section(Default) is { } common ? ReadFlushAlone(common, FlushPolicy.Default) : FlushPolicy.Default;
        var tables = new List<TableDefinition>();
        foreach (string name in StandardTables.Names)
        {
            FlushPolicy flush = section?.Section(name) is { } own ? ReadFlushAlone(own, standard) : standard;
            tables.Add(StandardTables.Create(name, options.Fabric, flush));
        }

        foreach (OptionEntry entry in section?.Node.Entries ?? [])
        {
            if (entry.Key != Default && !StandardTables.Names.Contains(entry.Key)
                && ReadOwn(section!, entry.Key, options, standard) is { } table)
            {
                tables.Add(table);
            }
        }

        section?.Finish();
        return tables;
    }

    private static TableDefinition? ReadOwn(OptionReader section, string name, FabricOptions options, FlushPolicy standard)
    {
        if (section.Section(name) is not { } reader)
        {
            return null; // nothing is said of it, which Finish reports
        }

        bool isTopic = TopicsOptions.Known.Contains(name);
        if (!isTopic && reader.Find("topic") is null)
        {
            section.Document.Report(
                reader.Node,
                Suggestion.ForUnknown("table", name, [.. StandardTables.Names, .. TopicsOptions.Known])
                + "; a table of your own says its 'topic'");
            return null;
        }

        return TableOptions.Read(reader, name, isTopic ? $"{options.Fabric}.{name}" : null, standard);
    }

    private static FlushPolicy ReadFlushAlone(OptionReader reader, FlushPolicy otherwise)
    {
        FlushPolicy flush = TableOptions.ReadFlush(reader, otherwise);
        reader.Finish();
        return flush;
    }
}

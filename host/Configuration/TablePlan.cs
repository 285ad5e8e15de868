using Fabric.Core.Options;
using Fabric.Lakehouse.Tables;

namespace Fabric.Host.Configuration;

/// <summary>The tables of a fabric: the standard ones, with their flush settings as configured.</summary>
internal static class TablePlan
{
    public static IReadOnlyList<TableDefinition> ReadAll(OptionReader root, FabricOptions options)
    {
        OptionReader? section = root.Section("tables");
        FlushPolicy standard = section?.Section("default") is { } common ? ReadTable(common, FlushPolicy.Default) : FlushPolicy.Default;
        var tables = new List<TableDefinition>();
        foreach (string name in StandardTables.Names)
        {
            FlushPolicy flush = section?.Section(name) is { } own ? ReadTable(own, standard) : standard;
            tables.Add(StandardTables.Create(name, options.Fabric, flush));
        }

        section?.Finish();
        return tables;
    }

    private static FlushPolicy ReadTable(OptionReader reader, FlushPolicy otherwise)
    {
        FlushPolicy flush = otherwise;
        if (reader.Section("flush") is { } section)
        {
            flush = new FlushPolicy(
                section.Integer("rows", otherwise.Rows, 1, 100_000_000),
                section.ByteSize("bytes", otherwise.Bytes, 1024, 16L << 30),
                section.Duration("every", otherwise.Every, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(24)));
            section.Finish();
        }

        reader.Finish();
        return flush;
    }
}

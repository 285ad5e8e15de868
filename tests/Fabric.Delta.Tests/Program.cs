using System.Globalization;
using Fabric.Core;
using Fabric.Core.Storage;
using Fabric.Delta.Commits;
using Fabric.DuckDb;

namespace Fabric.Delta.Tests;

/// <summary>The test assembly as a process of its own: one of several writers on one table.</summary>
internal static class Program
{
    /// <param name="args"><c>write ROOT WRITER COMMITS</c></param>
    public static async Task<int> Main(string[] args)
    {
        if (args is not ["write", var root, var writer, var commits])
        {
            return 2;
        }

        using var database = DuckDbDatabase.Open();
        var store = new LocalObjectStore(root, new SystemIdSource(TimeProvider.System));
        int seed = int.Parse(writer, CultureInfo.InvariantCulture);
        var table = new DeltaTable(store, "t", TestTable.Doors(database, seed));
        int count = int.Parse(commits, CultureInfo.InvariantCulture);
        Console.Out.WriteLine(await ContentionTests.WriteAsync(table, $"writer-{writer}", count));
        return 0;
    }
}

using System.Text.Json;
using Fabric.Delta.Reading;
using Fabric.DuckDb;

namespace Fabric.Delta.Tests;

/// <summary>Rows of the judge <c>delta-read.mjs</c> and ours in the same form: reals as their bits.</summary>
internal static class JudgeRows
{
    public static List<string> Parse(IEnumerable<string> lines) => lines
        .Select(line => string.Join(" | ", JsonSerializer.Deserialize<string?[]>(line)!.Select(value => value ?? "null")))
        .Order(StringComparer.Ordinal).ToList();

    public static List<string> Read(DuckDbDatabase database, DeltaTable table, Snapshot snapshot)
    {
        using DuckDbConnection connection = database.Connect();
        DeltaSql.RegisterView(connection, "judged", table, snapshot);
        using DuckDbResult result = connection.Query("SELECT * FROM judged");
        return result.Rows().Select(row => string.Join(" | ", row.Select(value => RowText.Of(value, asBits: true))))
            .Order(StringComparer.Ordinal).ToList();
    }
}

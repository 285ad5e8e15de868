using System.Text;

namespace Fabric.DuckDb;

/// <summary>Reads lists of Parquet files as one table. What Delta says about files (partition values, deletions) is the caller's.</summary>
public static class ParquetFileReader
{
    /// <summary>The columns of one file as DuckDB reads them, the top level only; nested ones in their types.</summary>
    /// <exception cref="DuckDbException">The file is missing or no Parquet file.</exception>
    public static IReadOnlyList<DuckDbField> ReadSchema(DuckDbConnection connection, string path)
    {
        using DuckDbResult result = connection.Query($"SELECT * FROM {Source([path])} LIMIT 0");
        return result.Columns;
    }

    /// <summary>
    /// All rows of the files, in the order of the list, streamed. Columns are matched by name; in files that lack one it is null.
    /// </summary>
    /// <param name="connection">It belongs to the result until that is disposed.</param>
    /// <param name="paths">At least one. Taken literally, whatever characters they hold.</param>
    /// <param name="columns">
    /// What to read, in this order; values are converted to the stated type, and a column that no file has is null. Null reads all
    /// columns of all files as they are.
    /// </param>
    /// <returns>A result the caller disposes.</returns>
    /// <exception cref="DuckDbException">A file is missing or damaged, or a value does not fit the stated type.</exception>
    public static DuckDbResult Read(
        DuckDbConnection connection,
        IReadOnlyList<string> paths,
        IReadOnlyList<ParquetColumn>? columns = null,
        CancellationToken cancellationToken = default) =>
        connection.Query(Select(connection, paths, columns), cancellationToken);

    /// <summary>The same as SQL text, to be wrapped in a larger query.</summary>
    /// <inheritdoc cref="Read"/>
    public static string Select(
        DuckDbConnection connection, IReadOnlyList<string> paths, IReadOnlyList<ParquetColumn>? columns = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(paths.Count, nameof(paths));
        string source = Source(paths);
        if (columns is null)
        {
            return $"SELECT * FROM {source}";
        }

        HashSet<string> present = NamesIn(connection, source);
        var sql = new StringBuilder("SELECT ");
        for (int i = 0; i < columns.Count; i++)
        {
            string name = SqlText.Identifier(columns[i].Name);
            string value = present.Contains(columns[i].Name) ? name : "NULL";
            sql.Append(i == 0 ? "" : ", ").Append($"CAST({value} AS {columns[i].SqlType}) AS {name}");
        }

        return sql.Append(columns.Count == 0 ? "1" : "").Append($" FROM {source}").ToString();
    }

    /// <summary>Names are compared as DuckDB compares them: without regard to case.</summary>
    private static HashSet<string> NamesIn(DuckDbConnection connection, string source)
    {
        using DuckDbResult result = connection.Query($"SELECT * FROM {source} LIMIT 0");
        return result.Columns.Select(column => column.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    private static string Source(IReadOnlyList<string> paths) =>
        $"read_parquet({SqlText.Literals(paths)}, hive_partitioning=false, union_by_name=true)";
}

using Fabric.Core.Columns;

namespace Fabric.DuckDb.Tests;

/// <summary>Short ways to fill batches and to look at results.</summary>
internal static class Rows
{
    public static ColumnBatch Batch(params ColumnField[] fields) => new(fields);

    public static void AppendText(this ColumnBatch batch, string column, string? value)
    {
        if (value is null)
        {
            batch[column].AppendNull();
        }
        else
        {
            batch.Bytes(column).Append(System.Text.Encoding.UTF8.GetBytes(value));
        }
    }

    public static List<object?[]> Of(DuckDbDatabase database, string sql)
    {
        using DuckDbConnection connection = database.Connect();
        using DuckDbResult result = connection.Query(sql);
        return [.. result.Rows()];
    }

    public static List<object?[]> OfFile(DuckDbDatabase database, string path)
    {
        using DuckDbConnection connection = database.Connect();
        using DuckDbResult result = ParquetFileReader.Read(connection, [path]);
        return [.. result.Rows()];
    }
}

using System.Globalization;

namespace Fabric.DuckDb.Parquet;

/// <summary>JSON lines to Parquet, through DuckDB's own reader of JSON files.</summary>
internal static class JsonRows
{
    private const int ObjectBytesMin = 16 << 20;

    public static ParquetFileInfo Write(
        DuckDbDatabase database,
        ReadOnlyMemory<byte> ndjson,
        IReadOnlyList<ParquetColumn> columns,
        string path,
        ParquetFileOptions options,
        CancellationToken cancellationToken)
    {
        string lines = path + ".ndjson";
        try
        {
            File.WriteAllBytes(lines, ndjson.Span);
            using DuckDbConnection connection = database.Connect();
            return ParquetCopy.Run(connection, Query(lines, LongestLine(ndjson.Span), columns), path, options, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DuckDbException(DuckDbErrorCodes.Io, "The rows cannot be laid down", lines, isRetriable: true, exception);
        }
        finally
        {
            if (File.Exists(lines))
            {
                File.Delete(lines);
            }
        }
    }

    private static string Query(string lines, int lineBytesMax, IReadOnlyList<ParquetColumn> columns)
    {
        IEnumerable<string> types = columns.Select(
            column => $"{SqlText.Literal(column.Name)}: {SqlText.Literal(column.SqlType)}");
        string objectBytes = Math.Max(ObjectBytesMin, lineBytesMax + 1L).ToString(CultureInfo.InvariantCulture);
        return $"SELECT * FROM read_json({SqlText.Literal(lines)}, format='newline_delimited', compression='uncompressed', "
            + $"maximum_object_size={objectBytes}, columns={{{string.Join(", ", types)}}})";
    }

    /// <summary>DuckDB takes twice the size of the largest object as its buffer, so it is told what that is.</summary>
    private static int LongestLine(ReadOnlySpan<byte> ndjson)
    {
        int longest = 0;
        while (ndjson.Length > 0)
        {
            int end = ndjson.IndexOf((byte)'\n');
            int length = end < 0 ? ndjson.Length : end;
            longest = Math.Max(longest, length);
            ndjson = ndjson[Math.Min(ndjson.Length, length + 1)..];
        }

        return longest;
    }
}

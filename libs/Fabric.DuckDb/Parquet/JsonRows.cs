using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Text.Unicode;

namespace Fabric.DuckDb.Parquet;

/// <summary>JSON lines to Parquet, through DuckDB's own reader of JSON files.</summary>
internal static partial class JsonRows
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
        int longest = CheckLines(ndjson.Span);
        try
        {
            File.WriteAllBytes(lines, ndjson.Span);
            using DuckDbConnection connection = database.Connect();
            return ParquetCopy.Run(connection, Query(lines, longest, columns), path, options, cancellationToken);
        }
        catch (DuckDbException exception) when (LineInMessage().Match(exception.Message) is { Success: true } match)
        {
            // DuckDB quotes the value that does not fit; a message of ours holds no payload.
            string line = match.Groups[1].Value;
            throw new DuckDbException(
                DuckDbErrorCodes.Execution, $"Line {line} of the JSON rows does not fit the column types", path);
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

    [GeneratedRegex(@"JSON transform error in file .*, in line (\d+)", RegexOptions.Singleline)]
    private static partial Regex LineInMessage();

    /// <summary>Every line must be one JSON object in UTF-8; DuckDB would say so too, but not of the right line.</summary>
    /// <returns>Bytes of the longest line: DuckDB wants to know the largest object, and takes twice that as its buffer.</returns>
    private static int CheckLines(ReadOnlySpan<byte> ndjson)
    {
        int longest = 0;
        for (int number = 1; ndjson.Length > 0; number++)
        {
            int end = ndjson.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? ndjson : ndjson[..end];
            ndjson = end < 0 ? default : ndjson[(end + 1)..];
            longest = Math.Max(longest, line.Length);
            if (!line.Trim((byte)' ').IsEmpty && !IsObject(line))
            {
                throw new DuckDbException(DuckDbErrorCodes.Execution, $"Line {number} of the JSON rows is not one JSON object");
            }
        }

        return longest;
    }

    private static bool IsObject(ReadOnlySpan<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line);
            bool isObject = reader.Read() && reader.TokenType == JsonTokenType.StartObject && reader.TrySkip();
            return isObject && !reader.Read() && Utf8.IsValid(line);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

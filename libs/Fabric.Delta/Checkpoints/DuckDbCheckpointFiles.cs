using System.Text;
using Fabric.Delta.Actions;
using Fabric.Delta.Reading;
using Fabric.DuckDb;

namespace Fabric.Delta.Checkpoints;

/// <summary>
/// Checkpoints through DuckDB. Rows cross as JSON, the form the log itself has, so that commits and checkpoints go through one
/// parser and one set of rules.
/// </summary>
/// <param name="database">In memory or not; each call takes a connection of its own.</param>
public sealed class DuckDbCheckpointFiles(DuckDbDatabase database) : ICheckpointFiles
{
    private const string MapType = "MAP(VARCHAR, VARCHAR)";

    // The classic (V1) checkpoint schema, protocol "Checkpoint Schema".
    private static readonly ParquetColumn[] Columns =
    [
        new("txn", "STRUCT(appId VARCHAR, version BIGINT, lastUpdated BIGINT)"),
        new("add", $"STRUCT(path VARCHAR, partitionValues {MapType}, size BIGINT, modificationTime BIGINT, "
            + $"dataChange BOOLEAN, stats VARCHAR, tags {MapType})"),
        new("remove", "STRUCT(path VARCHAR, deletionTimestamp BIGINT, dataChange BOOLEAN, extendedFileMetadata BOOLEAN, "
            + $"partitionValues {MapType}, size BIGINT)"),
        new("metaData", "STRUCT(id VARCHAR, name VARCHAR, description VARCHAR, "
            + $"format STRUCT(provider VARCHAR, options {MapType}), schemaString VARCHAR, partitionColumns VARCHAR[], "
            + $"configuration {MapType}, createdTime BIGINT)"),
        new("protocol", "STRUCT(minReaderVersion INTEGER, minWriterVersion INTEGER, readerFeatures VARCHAR[], "
            + "writerFeatures VARCHAR[])"),
    ];

    // Snappy: every engine that reads a table's files reads its checkpoints.
    private static readonly ParquetFileOptions Options = new() { Compression = ParquetCompression.Snappy };

    public Task<IReadOnlyList<DeltaAction>> ReadAsync(string location, CancellationToken cancellationToken) =>
        Task.Run(() => Read(location), cancellationToken);

    public Task WriteAsync(
        string localPath, IReadOnlyCollection<DeltaAction> actions, CancellationToken cancellationToken) =>
        ParquetFileWriter.WriteJsonRowsAsync(
            database, ActionWriter.Write(actions), Columns, localPath, Options, cancellationToken);

    private IReadOnlyList<DeltaAction> Read(string location)
    {
        try
        {
            using DuckDbConnection connection = database.Connect();
            string file = SqlText.Literal(SqlTypes.LiteralPath(location));
            using DuckDbResult result = connection.Query($"SELECT {Selection(connection, file)} FROM {Source(file)}");
            var actions = new List<DeltaAction>();
            while (result.NextChunk())
            {
                Read(result.Chunk, result.Columns, location, actions);
            }

            return actions;
        }
        catch (DuckDbException e)
        {
            throw new DeltaException(
                DeltaCode.CheckpointCorrupt, $"The checkpoint cannot be read: {e.Message}", location, e.IsRetriable, e);
        }
    }

    private static string Source(string file) => $"read_parquet({file}, hive_partitioning = false)";

    /// <summary>The known members of the known actions as JSON: parsed statistics, which may be large, stay where they are.</summary>
    private static string Selection(DuckDbConnection connection, string file)
    {
        using DuckDbResult schema = connection.Query($"SELECT * FROM {Source(file)} LIMIT 0");
        var parts = new List<string>();
        foreach (DuckDbField column in schema.Columns)
        {
            if (column.Name is not ("txn" or "add" or "remove" or "metaData" or "protocol") || column.Type.Fields.Count == 0)
            {
                continue;
            }

            string name = SqlText.Identifier(column.Name);
            IEnumerable<string> members = column.Type.Fields
                .Where(member => !member.Name.EndsWith("_parsed", StringComparison.Ordinal))
                .Select(member => $"{SqlText.Identifier(member.Name)} := {name}.{SqlText.Identifier(member.Name)}");
            parts.Add($"CASE WHEN {name} IS NOT NULL THEN to_json(struct_pack({string.Join(", ", members)})) END AS {name}");
        }

        return parts.Count > 0
            ? string.Join(", ", parts)
            : throw new DeltaException(DeltaCode.CheckpointCorrupt, "The checkpoint has no column of a checkpoint", file);
    }

    private static void Read(
        DuckDbChunk chunk, IReadOnlyList<DuckDbField> columns, string location, List<DeltaAction> actions)
    {
        for (int column = 0; column < columns.Count; column++)
        {
            DuckDbVector vector = chunk[column];
            byte[] open = Encoding.UTF8.GetBytes($"{{\"{columns[column].Name}\":");
            for (int row = 0; row < chunk.RowCount; row++)
            {
                if (!vector.IsNull(row))
                {
                    byte[] line = [.. open, .. vector.Bytes(row), (byte)'}'];
                    actions.AddRange(Parse(line, location));
                }
            }
        }
    }

    private static List<DeltaAction> Parse(byte[] line, string location)
    {
        try
        {
            return ActionJson.Parse(line, location);
        }
        catch (DeltaException e) when (e.Code == DeltaCode.LogCorrupt)
        {
            throw new DeltaException(DeltaCode.CheckpointCorrupt, $"A row of the checkpoint is wrong: {e.Message}", "", false, e);
        }
    }
}

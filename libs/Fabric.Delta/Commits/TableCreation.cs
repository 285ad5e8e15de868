using System.Buffers;
using System.Runtime.ExceptionServices;
using System.Text.Json.Nodes;
using Fabric.Delta.Actions;
using Fabric.Delta.Log;
using Fabric.Delta.Schema;

namespace Fabric.Delta.Commits;

/// <summary>A table to create.</summary>
/// <param name="Schema">At least one column besides the partition columns.</param>
/// <param name="PartitionColumns">Columns of the schema, in the order of the folders.</param>
/// <param name="Name">For people; null leaves it out.</param>
/// <param name="Configuration">Table properties, e.g. <c>delta.checkpointInterval</c>.</param>
public sealed record NewTable(
    StructType Schema, IReadOnlyList<string> PartitionColumns, string? Name = null,
    IReadOnlyDictionary<string, string?>? Configuration = null)
{
    /// <summary>For people; null leaves it out.</summary>
    public string? Description { get; init; }
}

/// <summary>What a creation found.</summary>
/// <param name="Snapshot">The table as it stands.</param>
/// <param name="IsNew">False when the table was there already, whatever its schema.</param>
public sealed record CreateOutcome(Snapshot Snapshot, bool IsNew);

/// <summary>Version 0: protocol (reader 1, writer 2), metadata, provenance.</summary>
internal static class TableCreation
{
    // Characters that a column name may have only with column mapping (Spark's Parquet rule).
    private static readonly SearchValues<char> ForbiddenInNames = SearchValues.Create(" ,;{}()\n\t=");

    private static readonly string[] ForbiddenProperties =
    [
        "delta.appendOnly", "delta.columnMapping.mode", "delta.enableDeletionVectors", "delta.enableChangeDataFeed",
        "delta.enableInCommitTimestamps", "delta.enableRowTracking", "delta.checkpointPolicy",
    ];

    public static async Task<CreateOutcome> RunAsync(DeltaTable table, NewTable wanted, CancellationToken cancellationToken)
    {
        Check(table, wanted);
        string transactionId = table.Environment.Ids.NewId().ToString();
        List<DeltaAction> actions = Actions(table, wanted, transactionId);
        byte[] content = ActionWriter.Write(actions);
        bool isNew = false;
        if (!await table.ExistsAsync(cancellationToken).ConfigureAwait(false))
        {
            (PutResult result, Exception? failure) = await CommitWriter
                .PutAsync(table, 0, content, transactionId, cancellationToken).ConfigureAwait(false);
            isNew = result == PutResult.Ours;
            if (failure is not null)
            {
                ExceptionDispatchInfo.Throw(failure);
            }
        }

        if (!isNew)
        {
            return new CreateOutcome(await table.LoadAsync(cancellationToken).ConfigureAwait(false), false);
        }

        var state = new LogState(table.Root);
        state.Apply(actions, LogPath.Commit(0));
        return new CreateOutcome(new Snapshot(table.Root, 0, state), true);
    }

    private static List<DeltaAction> Actions(DeltaTable table, NewTable wanted, string transactionId)
    {
        long now = table.Environment.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        var info = new JsonObject
        {
            ["timestamp"] = now,
            ["operation"] = "CREATE TABLE",
            ["operationParameters"] = new JsonObject(),
            ["isolationLevel"] = "WriteSerializable",
            ["isBlindAppend"] = true,
            ["engineInfo"] = table.Environment.EngineInfo,
            ["txnId"] = transactionId,
        };
        return
        [
            new CommitInfoAction(now, "CREATE TABLE", transactionId, null, info.ToJsonString(ActionJson.SerializerOptions)),
            new ProtocolAction(1, 2),
            new MetadataAction(
                table.Environment.Ids.NewId().ToString(), wanted.Name, wanted.Description, "parquet",
                new Dictionary<string, string?>(), SchemaJson.Write(wanted.Schema), wanted.PartitionColumns,
                wanted.Configuration ?? new Dictionary<string, string?>(), now),
        ];
    }

    private static void Check(DeltaTable table, NewTable wanted)
    {
        ProtocolGate.CheckTypes(wanted.Schema, table.Root);
        CheckNames(wanted.Schema, table.Root);
        _ = SchemaJson.Parse(SchemaJson.Write(wanted.Schema)); // names unique ignoring case, at every level
        foreach (string column in wanted.PartitionColumns)
        {
            if (!wanted.Schema.Fields.Any(field => field.Name == column && field.Type is PrimitiveType or DecimalType))
            {
                throw Invalid($"the partition column '{column}' is no plain column of the schema", table.Root);
            }
        }

        if (wanted.PartitionColumns.Distinct().Count() >= wanted.Schema.Fields.Count)
        {
            throw Invalid("at least one column must not be a partition column", table.Root);
        }

        List<string> forbidden = (wanted.Configuration?.Keys ?? [])
            .Where(key => ForbiddenProperties.Contains(key) || key.StartsWith("delta.constraints.", StringComparison.Ordinal)
                || key.StartsWith("delta.feature.", StringComparison.Ordinal)).ToList();
        if (forbidden.Count > 0)
        {
            throw new DeltaException(
                DeltaCode.WriteUnsupported,
                $"The table is not created: {string.Join(", ", forbidden)} cannot be honoured by this writer", table.Root)
            { Features = forbidden };
        }
    }

    internal static void CheckNames(DataType type, string where)
    {
        switch (type)
        {
            case StructType structure:
                foreach (StructField field in structure.Fields)
                {
                    if (field.Name.Length == 0 || field.Name.AsSpan().ContainsAny(ForbiddenInNames))
                    {
                        throw Invalid($"the column name '{field.Name}' is empty or has one of ' ,;{{}}()=', tab, line feed", where);
                    }

                    if (field.Type == PrimitiveType.Void)
                    {
                        throw Invalid($"the column '{field.Name}' has the type void, which no file can hold", where);
                    }

                    CheckNames(field.Type, where);
                }

                break;
            case ArrayType array:
                CheckNames(array.ElementType, where);
                break;
            case MapType map:
                CheckNames(map.KeyType, where);
                CheckNames(map.ValueType, where);
                break;
            default:
                break;
        }
    }

    private static DeltaException Invalid(string fault, string where) =>
        new(DeltaCode.SchemaInvalid, $"The table is not created: {fault}", where);
}

using System.Text.Encodings.Web;
using System.Text.Json;

namespace Fabric.Delta.Actions;

/// <summary>Commit files: one JSON object with one action per line (protocol, "Delta Log Entries").</summary>
internal static class ActionJson
{
    /// <summary>The log is read by parsers, not by browsers: only what JSON itself requires is escaped.</summary>
    public static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The same for values that are written through the serializer.</summary>
    public static readonly JsonSerializerOptions SerializerOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 64 };

    /// <summary>
    /// The actions of a commit in file order. Unknown actions and fields are skipped, as the protocol asks. A line that does
    /// not parse is corruption wherever it stands: commits appear whole or not at all, so a torn end was not a writer at work.
    /// </summary>
    /// <exception cref="DeltaException"><see cref="DeltaCode.LogCorrupt"/>, with file and line.</exception>
    public static List<DeltaAction> Parse(ReadOnlyMemory<byte> content, string file)
    {
        var actions = new List<DeltaAction>();
        int number = 0;
        while (!content.IsEmpty)
        {
            number++;
            int end = content.Span.IndexOf((byte)'\n');
            ReadOnlyMemory<byte> line = end < 0 ? content : content[..end];
            content = end < 0 ? default : content[(end + 1)..];
            if (!line.Span.Trim(" \r\t"u8).IsEmpty)
            {
                ParseLine(line, $"{file}:{number}", actions);
            }
        }

        return actions.Count == 0 && number == 0
            ? throw new DeltaException(DeltaCode.LogCorrupt, "The commit is empty; a commit appears whole or not at all", file)
            : actions;
    }

    private static void ParseLine(ReadOnlyMemory<byte> line, string where, List<DeltaAction> actions)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line, Options);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw Corrupt($"a line is an object, found {document.RootElement.ValueKind}", where);
            }

            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                if (property.Value.ValueKind == JsonValueKind.Null)
                {
                    continue; // checkpoint rows turned into JSON carry the other actions as null
                }

                if (Action(property, where) is { } action)
                {
                    actions.Add(action);
                }
            }
        }
        catch (JsonException e)
        {
            throw new DeltaException(
                DeltaCode.LogCorrupt, $"A line of the commit is not JSON (torn or overwritten?): {e.Message}", where, false, e);
        }
        catch (InvalidOperationException e)
        {
            throw new DeltaException(DeltaCode.LogCorrupt, "A line of the commit has a name that is no text", where, false, e);
        }
    }

    private static DeltaAction? Action(JsonProperty property, string where)
    {
        string name = property.Name;
        if (name is not ("protocol" or "metaData" or "add" or "remove" or "txn" or "commitInfo"))
        {
            return null;
        }

        if (property.Value.ValueKind != JsonValueKind.Object)
        {
            throw Corrupt($"'{name}' should be an object, found {property.Value.ValueKind}", where);
        }

        var fields = new ActionFields(property.Value, name, where);
        return name switch
        {
            "protocol" => Protocol(fields),
            "metaData" => Metadata(fields),
            "add" => Add(fields),
            "remove" => Remove(fields),
            "txn" => new TxnAction(fields.Text("appId"), fields.Long("version"), fields.OptionalLong("lastUpdated")),
            _ => CommitInfo(fields, property.Value),
        };
    }

    private static ProtocolAction Protocol(ActionFields fields) => new(
        fields.Int("minReaderVersion"), fields.Int("minWriterVersion"),
        fields.OptionalList("readerFeatures"), fields.OptionalList("writerFeatures"));

    private static MetadataAction Metadata(ActionFields fields)
    {
        ActionFields? format = fields.OptionalObject("format");
        return new MetadataAction(
            fields.Text("id"), fields.OptionalText("name"), fields.OptionalText("description"),
            format?.OptionalText("provider") ?? "parquet",
            format?.OptionalMap("options") ?? new Dictionary<string, string?>(),
            fields.OptionalText("schemaString") ?? "", fields.OptionalList("partitionColumns") ?? [],
            fields.OptionalMap("configuration") ?? new Dictionary<string, string?>(), fields.OptionalLong("createdTime"));
    }

    private static AddAction Add(ActionFields fields) => new(
        fields.Text("path"), fields.Map("partitionValues"), fields.Long("size"), fields.Long("modificationTime"),
        fields.Flag("dataChange"), fields.OptionalText("stats"), fields.OptionalMap("tags"))
    {
        DeletionVector = Vector(fields.OptionalObject("deletionVector")),
        BaseRowId = fields.OptionalLong("baseRowId"),
        DefaultRowCommitVersion = fields.OptionalLong("defaultRowCommitVersion"),
        ClusteringProvider = fields.OptionalText("clusteringProvider"),
    };

    private static RemoveAction Remove(ActionFields fields) => new(
        fields.Text("path"), fields.OptionalLong("deletionTimestamp"), fields.Flag("dataChange"),
        fields.OptionalFlag("extendedFileMetadata"), fields.OptionalMap("partitionValues"), fields.OptionalLong("size"))
    {
        DeletionVector = Vector(fields.OptionalObject("deletionVector")),
        BaseRowId = fields.OptionalLong("baseRowId"),
        DefaultRowCommitVersion = fields.OptionalLong("defaultRowCommitVersion"),
    };

    private static DeletionVector? Vector(ActionFields? fields) => fields is { } vector
        ? new DeletionVector(
            vector.Text("storageType"), vector.Text("pathOrInlineDv"), vector.OptionalInt("offset"),
            vector.Int("sizeInBytes"), vector.Long("cardinality"))
        : null;

    /// <summary>commitInfo is free-form: a member of an unexpected type is no reason to refuse the table.</summary>
    private static CommitInfoAction CommitInfo(ActionFields fields, JsonElement element) => new(
        Lenient(element, "timestamp"), LenientText(element, "operation"), LenientText(element, "txnId"),
        fields.OptionalLong("inCommitTimestamp"), element.GetRawText());

    private static long? Lenient(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number
            && value.TryGetInt64(out long number)
            ? number
            : null;

    private static string? LenientText(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && TextJson.TryText(value, out string text) ? text : null;

    private static DeltaException Corrupt(string fault, string where) =>
        new(DeltaCode.LogCorrupt, $"The commit does not parse: {fault}", where);
}

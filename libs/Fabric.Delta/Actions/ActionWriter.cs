using System.Buffers;
using System.Text.Json;

namespace Fabric.Delta.Actions;

/// <summary>Writes a commit: each action as one line of JSON ending with a line feed.</summary>
internal static class ActionWriter
{
    public static byte[] Write(IEnumerable<DeltaAction> actions)
    {
        var buffer = new ArrayBufferWriter<byte>();
        foreach (DeltaAction action in actions)
        {
            using (var writer = new Utf8JsonWriter(buffer, ActionJson.WriterOptions))
            {
                writer.WriteStartObject();
                Write(writer, action);
                writer.WriteEndObject();
            }

            buffer.Write("\n"u8);
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter writer, DeltaAction action)
    {
        switch (action)
        {
            case ProtocolAction protocol:
                WriteProtocol(writer, protocol);
                break;
            case MetadataAction metadata:
                WriteMetadata(writer, metadata);
                break;
            case AddAction add:
                WriteAdd(writer, add);
                break;
            case RemoveAction remove:
                WriteRemove(writer, remove);
                break;
            case TxnAction txn:
                writer.WriteStartObject("txn");
                writer.WriteString("appId", txn.AppId);
                writer.WriteNumber("version", txn.Version);
                WriteOptional(writer, "lastUpdated", txn.LastUpdatedMs);
                writer.WriteEndObject();
                break;
            case CommitInfoAction info:
                writer.WritePropertyName("commitInfo");
                writer.WriteRawValue(info.Json);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(action), action.GetType(), "Not an action of a commit");
        }
    }

    private static void WriteProtocol(Utf8JsonWriter writer, ProtocolAction protocol)
    {
        writer.WriteStartObject("protocol");
        writer.WriteNumber("minReaderVersion", protocol.MinReaderVersion);
        writer.WriteNumber("minWriterVersion", protocol.MinWriterVersion);
        WriteOptional(writer, "readerFeatures", protocol.ReaderFeatures);
        WriteOptional(writer, "writerFeatures", protocol.WriterFeatures);
        writer.WriteEndObject();
    }

    private static void WriteMetadata(Utf8JsonWriter writer, MetadataAction metadata)
    {
        writer.WriteStartObject("metaData");
        writer.WriteString("id", metadata.Id);
        WriteOptional(writer, "name", metadata.Name);
        WriteOptional(writer, "description", metadata.Description);
        writer.WriteStartObject("format");
        writer.WriteString("provider", metadata.Provider);
        WriteMap(writer, "options", metadata.Options);
        writer.WriteEndObject();
        WriteOptional(writer, "schemaString", metadata.SchemaString.Length == 0 ? null : metadata.SchemaString);
        WriteOptional(writer, "partitionColumns", metadata.PartitionColumns);
        WriteMap(writer, "configuration", metadata.Configuration);
        WriteOptional(writer, "createdTime", metadata.CreatedTimeMs);
        writer.WriteEndObject();
    }

    private static void WriteAdd(Utf8JsonWriter writer, AddAction add)
    {
        writer.WriteStartObject("add");
        writer.WriteString("path", add.Path);
        WriteMap(writer, "partitionValues", add.PartitionValues);
        writer.WriteNumber("size", add.Size);
        writer.WriteNumber("modificationTime", add.ModificationTimeMs);
        writer.WriteBoolean("dataChange", add.DataChange);
        WriteOptional(writer, "stats", add.Stats);
        WriteOptional(writer, "tags", add.Tags);
        writer.WriteEndObject();
    }

    private static void WriteRemove(Utf8JsonWriter writer, RemoveAction remove)
    {
        writer.WriteStartObject("remove");
        writer.WriteString("path", remove.Path);
        WriteOptional(writer, "deletionTimestamp", remove.DeletionTimestampMs);
        writer.WriteBoolean("dataChange", remove.DataChange);
        if (remove.ExtendedFileMetadata is { } extended)
        {
            writer.WriteBoolean("extendedFileMetadata", extended);
        }

        WriteOptional(writer, "partitionValues", remove.PartitionValues);
        WriteOptional(writer, "size", remove.Size);
        writer.WriteEndObject();
    }

    private static void WriteMap(Utf8JsonWriter writer, string name, IReadOnlyDictionary<string, string?> map)
    {
        writer.WriteStartObject(name);
        foreach ((string key, string? value) in map)
        {
            writer.WriteString(key, value);
        }

        writer.WriteEndObject();
    }

    private static void WriteOptional(Utf8JsonWriter writer, string name, IReadOnlyDictionary<string, string?>? map)
    {
        if (map is not null)
        {
            WriteMap(writer, name, map);
        }
    }

    private static void WriteOptional(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    private static void WriteOptional(Utf8JsonWriter writer, string name, long? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
    }

    private static void WriteOptional(Utf8JsonWriter writer, string name, IReadOnlyList<string>? values)
    {
        if (values is null)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (string value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }
}

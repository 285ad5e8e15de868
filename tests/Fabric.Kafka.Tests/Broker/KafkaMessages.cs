using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Fabric.Kafka.Protocol;
using Fabric.Testing;

namespace Fabric.Kafka.Tests.Broker;

/// <summary>A struct of a message: values by field name.</summary>
internal sealed class Fields : Dictionary<string, object?>
{
    public T Get<T>(string name) => (T)this[name]!;

    public List<object?> List(string name) => Get<List<object?>>(name);

    public IEnumerable<Fields> Structs(string name) => List(name).Cast<Fields>();

    /// <summary>Every number in a field called ErrorCode or PartitionErrorCode, at any depth.</summary>
    public IEnumerable<ErrorCode> Errors() => this.SelectMany(field => field.Value switch
    {
        short code when field.Key.EndsWith("ErrorCode", StringComparison.Ordinal) => [(ErrorCode)code],
        Fields inner => inner.Errors(),
        List<object?> list => list.OfType<Fields>().SelectMany(inner => inner.Errors()),
        _ => [],
    });
}

/// <summary>
/// Kafka's own message definitions (the recorded data's <c>kafka-messages</c>), as an encoder of requests and a decoder of responses
/// that share nothing with the product.
/// </summary>
internal sealed class KafkaMessages
{
    private static readonly Lazy<KafkaMessages?> Loaded = new(Load);

    private readonly Dictionary<(short Key, bool IsRequest), JsonElement> _messages = [];

    /// <summary>Null when the recorded data are absent.</summary>
    public static KafkaMessages? Instance => Loaded.Value;

    public byte[] EncodeRequest(short key, short version, Fields values)
    {
        JsonElement message = _messages[(key, true)];
        var bytes = new MemoryStream();
        WriteFields(bytes, message, message.GetProperty("fields"), version, IsFlexible(message, version), values);
        return bytes.ToArray();
    }

    /// <summary>Decodes a response body; fails when a byte is left over.</summary>
    public Fields DecodeResponse(short key, short version, ReadOnlySpan<byte> body)
    {
        JsonElement message = _messages[(key, false)];
        int at = 0;
        Fields values = ReadFields(body, ref at, message, message.GetProperty("fields"), version, IsFlexible(message, version));
        Assert.Equal(body.Length, at);
        return values;
    }

    public bool IsFlexible(short key, short version) => IsFlexible(_messages[(key, true)], version);

    private static bool IsFlexible(JsonElement message, short version) =>
        Includes(message.GetProperty("flexibleVersions").GetString()!, version);

    private static KafkaMessages? Load()
    {
        if (TestData.Folder is not { } folder || !Directory.Exists(Path.Combine(folder, "kafka-messages")))
        {
            return null;
        }

        var loaded = new KafkaMessages();
        foreach (string file in Directory.GetFiles(Path.Combine(folder, "kafka-messages"), "*.json"))
        {
            JsonElement message = JsonDocument.Parse(
                File.ReadAllText(file), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip }).RootElement;
            string type = message.GetProperty("type").GetString()!;
            if (type is "request" or "response" && message.TryGetProperty("apiKey", out JsonElement key))
            {
                loaded._messages[(key.GetInt16(), type == "request")] = message;
            }
        }

        return loaded;
    }

    private static bool Includes(string range, short version)
    {
        if (range == "none")
        {
            return false;
        }

        string[] ends = range.TrimEnd('+').Split('-');
        short first = short.Parse(ends[0], CultureInfo.InvariantCulture);
        short last = range.EndsWith('+') ? short.MaxValue : short.Parse(ends[^1], CultureInfo.InvariantCulture);
        return version >= first && version <= last;
    }

    private static bool Has(JsonElement field, string property, short version) =>
        field.TryGetProperty(property, out JsonElement range) && Includes(range.GetString()!, version);

    private static JsonElement FieldsOf(JsonElement message, JsonElement field, string type)
    {
        if (field.TryGetProperty("fields", out JsonElement inner))
        {
            return inner;
        }

        return message.GetProperty("commonStructs").EnumerateArray()
            .First(common => common.GetProperty("name").GetString() == type).GetProperty("fields");
    }

    private static void WriteFields(
        MemoryStream to, JsonElement message, JsonElement fields, short version, bool isFlexible, Fields values)
    {
        foreach (JsonElement field in fields.EnumerateArray())
        {
            if (Has(field, "versions", version) && !Has(field, "taggedVersions", version))
            {
                string name = field.GetProperty("name").GetString()!;
                object? value = values.TryGetValue(name, out object? given) ? given : Default(field);
                WriteValue(to, message, field, field.GetProperty("type").GetString()!, version, isFlexible, value);
            }
        }

        if (isFlexible)
        {
            to.WriteByte(0);
        }
    }

    private static object? Default(JsonElement field)
    {
        string type = field.GetProperty("type").GetString()!;
        string? text = field.TryGetProperty("default", out JsonElement given) ? given.ToString() : null;
        if (text == "null")
        {
            return null;
        }

        long number = text is null or "" ? 0
            : text.StartsWith("0x", StringComparison.Ordinal) ? long.Parse(text[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            : long.TryParse(text, CultureInfo.InvariantCulture, out long parsed) ? parsed : 0;
        return type switch
        {
            "bool" => text == "true",
            "int8" => (sbyte)number,
            "int16" => (short)number,
            "int32" => (int)number,
            "int64" => number,
            "string" => text ?? "",
            "bytes" or "records" => Array.Empty<byte>(),
            "uuid" => Guid.Empty,
            _ when type.StartsWith("[]", StringComparison.Ordinal) => new List<object?>(),
            _ => new Fields(),
        };
    }

    private static void WriteValue(
        MemoryStream to, JsonElement message, JsonElement field, string type, short version, bool isFlexible, object? value)
    {
        if (type.StartsWith("[]", StringComparison.Ordinal))
        {
            var list = (List<object?>?)value;
            WriteLength(to, list?.Count ?? -1, isFlexible, 4);
            foreach (object? item in list ?? [])
            {
                WriteValue(to, message, field, type[2..], version, isFlexible, item);
            }

            return;
        }

        switch (type)
        {
            case "bool": to.WriteByte((bool)value! ? (byte)1 : (byte)0); break;
            case "int8": to.WriteByte((byte)(sbyte)value!); break;
            case "int16": WriteInt(to, (short)value!, 2); break;
            case "int32": WriteInt(to, (int)value!, 4); break;
            case "int64": WriteInt(to, (long)value!, 8); break;
            case "uuid": to.Write(((Guid)value!).ToByteArray(bigEndian: true)); break;
            case "string": WriteText(to, value is null ? null : Encoding.UTF8.GetBytes((string)value), isFlexible, 2); break;
            case "bytes" or "records": WriteText(to, (byte[]?)value, isFlexible, 4); break;
            default: WriteFields(to, message, FieldsOf(message, field, type), version, isFlexible, (Fields)value!); break;
        }
    }

    private static void WriteText(MemoryStream to, byte[]? value, bool isFlexible, int plainBytes)
    {
        WriteLength(to, value?.Length ?? -1, isFlexible, plainBytes);
        to.Write(value ?? []);
    }

    private static void WriteLength(MemoryStream to, int length, bool isFlexible, int plainBytes)
    {
        if (!isFlexible)
        {
            WriteInt(to, length, plainBytes);
            return;
        }

        uint left = (uint)(length + 1);
        for (; left > 0x7f; left >>= 7)
        {
            to.WriteByte((byte)(left | 0x80));
        }

        to.WriteByte((byte)left);
    }

    private static void WriteInt(MemoryStream to, long value, int bytes)
    {
        for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
        {
            to.WriteByte((byte)(value >> shift));
        }
    }

    private static Fields ReadFields(
        ReadOnlySpan<byte> from, ref int at, JsonElement message, JsonElement fields, short version, bool isFlexible)
    {
        var values = new Fields();
        foreach (JsonElement field in fields.EnumerateArray())
        {
            if (Has(field, "versions", version) && !Has(field, "taggedVersions", version))
            {
                string type = field.GetProperty("type").GetString()!;
                object? value = ReadValue(from, ref at, message, field, type, version, isFlexible);
                string name = field.GetProperty("name").GetString()!;
                Assert.True(value is not null || Has(field, "nullableVersions", version), $"{name} is null in version {version}");
                values[name] = value;
            }
        }

        if (isFlexible)
        {
            for (uint tags = ReadVarint(from, ref at); tags > 0; tags--)
            {
                ReadVarint(from, ref at);
                at += (int)ReadVarint(from, ref at);
            }
        }

        return values;
    }

    private static object? ReadValue(
        ReadOnlySpan<byte> from, ref int at, JsonElement message, JsonElement field, string type, short version, bool isFlexible)
    {
        if (type.StartsWith("[]", StringComparison.Ordinal))
        {
            int count = ReadLength(from, ref at, isFlexible, 4);
            var list = new List<object?>();
            for (int i = 0; i < count; i++)
            {
                list.Add(ReadValue(from, ref at, message, field, type[2..], version, isFlexible));
            }

            return count < 0 ? null : list;
        }

        switch (type)
        {
            case "bool": return ReadInt(from, ref at, 1) != 0;
            case "int8": return (sbyte)ReadInt(from, ref at, 1);
            case "int16": return (short)ReadInt(from, ref at, 2);
            case "int32": return (int)ReadInt(from, ref at, 4);
            case "int64": return ReadInt(from, ref at, 8);
            case "uuid":
                at += 16;
                return new Guid(from.Slice(at - 16, 16), bigEndian: true);
            case "string":
                byte[]? text = ReadText(from, ref at, isFlexible, 2);
                return text is null ? null : Encoding.UTF8.GetString(text);
            case "bytes" or "records": return ReadText(from, ref at, isFlexible, 4);
            default: return ReadFields(from, ref at, message, FieldsOf(message, field, type), version, isFlexible);
        }
    }

    private static byte[]? ReadText(ReadOnlySpan<byte> from, ref int at, bool isFlexible, int plainBytes)
    {
        int length = ReadLength(from, ref at, isFlexible, plainBytes);
        if (length < 0)
        {
            return null;
        }

        at += length;
        return from.Slice(at - length, length).ToArray();
    }

    private static int ReadLength(ReadOnlySpan<byte> from, ref int at, bool isFlexible, int plainBytes) =>
        isFlexible ? (int)ReadVarint(from, ref at) - 1
            : plainBytes == 2 ? (short)ReadInt(from, ref at, 2) : (int)ReadInt(from, ref at, 4);

    private static uint ReadVarint(ReadOnlySpan<byte> from, ref int at)
    {
        uint value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = from[at++];
            value |= (uint)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }

    private static long ReadInt(ReadOnlySpan<byte> from, ref int at, int bytes)
    {
        at += bytes;
        ReadOnlySpan<byte> slice = from.Slice(at - bytes, bytes);
        return bytes switch
        {
            1 => (sbyte)slice[0],
            2 => BinaryPrimitives.ReadInt16BigEndian(slice),
            4 => BinaryPrimitives.ReadInt32BigEndian(slice),
            _ => BinaryPrimitives.ReadInt64BigEndian(slice),
        };
    }
}

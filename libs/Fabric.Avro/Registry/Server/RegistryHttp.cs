using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Fabric.Avro.Registry.Server;

/// <summary>Bodies, parameters and errors in the form of Confluent's registry.</summary>
internal static class RegistryHttp
{
    private const string ContentType = "application/vnd.schemaregistry.v1+json";

    // What a client may ask for instead, in the order in which Confluent's registry prefers them.
    private static readonly string[] OtherContentTypes = ["application/vnd.schemaregistry+json", "application/json"];

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A body for what no endpoint answered: no such path, no such method.</summary>
    public static Task DescribeStatusAsync(StatusCodeContext context)
    {
        int status = context.HttpContext.Response.StatusCode;
        return Error(status, status, $"HTTP {status} {ReasonPhrases.GetReasonPhrase(status)}").ExecuteAsync(context.HttpContext);
    }

    /// <summary>Turns refusals into the registry's error bodies.</summary>
    public static async Task TranslateErrorsAsync(HttpContext context, RequestDelegate next)
    {
        DecodeSubject(context.Request);
        context.Response.OnStarting(() =>
        {
            context.Response.ContentType = Accepted(context.Request);
            return Task.CompletedTask;
        });
        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (ApiException exception)
        {
            await Error(exception.Status, exception.ErrorCode, exception.Message).ExecuteAsync(context).ConfigureAwait(false);
        }
        catch (BadHttpRequestException exception)
        {
            int code = exception.StatusCode == StatusCodes.Status413PayloadTooLarge ? 42209 : 422;
            await Error(exception.StatusCode, code, exception.Message).ExecuteAsync(context).ConfigureAwait(false);
        }
        catch (RegistryException exception)
        {
            int code = exception.IsRetriable ? 50001 : 50004;
            await Error(500, code, $"Error in the backend data store: {exception.Message}").ExecuteAsync(context)
                .ConfigureAwait(false);
        }
    }

    public static IResult Json(JsonNode json) => Text(json.ToJsonString(Readable));

    /// <summary>A schema as it is, without an envelope.</summary>
    public static IResult Text(string schema) => Results.Text(schema, ContentType, Encoding.UTF8);

    public static IResult Error(int status, int code, string message) => Results.Text(
        new JsonObject { ["error_code"] = code, ["message"] = message }.ToJsonString(Readable), ContentType, Encoding.UTF8, status);

    public static bool Flag(HttpRequest request, string name) =>
        bool.TryParse(request.Query[name].FirstOrDefault(), out bool value) && value;

    /// <summary>The part of a list that <c>offset</c> and <c>limit</c> ask for.</summary>
    public static IReadOnlyList<T> Page<T>(HttpRequest request, IReadOnlyList<T> items)
    {
        int offset = Number(request, "offset", 0), limit = Number(request, "limit", -1);
        return [.. items.Skip(offset).Take(limit < 0 ? int.MaxValue : limit)];
    }

    public static async Task<SchemaRequest> ReadSchemaAsync(HttpRequest request)
    {
        JsonObject body = await ReadObjectAsync(request).ConfigureAwait(false);
        string type = TextOf(body, "schemaType") ?? "AVRO";
        if (type != "AVRO")
        {
            throw ApiException.InvalidSchema($"schema type {type} is not kept here, only AVRO");
        }

        string text = TextOf(body, "schema") ?? throw ApiException.InvalidSchema("empty schema");
        var references = new List<SchemaReference>();
        foreach (JsonNode? item in body["references"] as JsonArray ?? [])
        {
            references.Add(item is JsonObject reference && TextOf(reference, "name") is { } name
                && TextOf(reference, "subject") is { } subject && NumberOf(reference, "version") is { } version
                ? new SchemaReference(name, subject, version)
                : throw ApiException.InvalidSchema("a reference needs name, subject and version"));
        }

        return new SchemaRequest(text, references, NumberOf(body, "id"), NumberOf(body, "version"));
    }

    public static async Task<JsonObject> ReadObjectAsync(HttpRequest request)
    {
        try
        {
            JsonNode? node = await JsonNode.ParseAsync(
                request.Body, documentOptions: new JsonDocumentOptions { MaxDepth = 32 },
                cancellationToken: request.HttpContext.RequestAborted).ConfigureAwait(false);
            return node as JsonObject ?? throw new ApiException(422, 422, "expected a JSON object");
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            throw new ApiException(400, 400, "the body is not JSON");
        }
    }

    public static string? TextOf(JsonObject json, string name) =>
        Member(json, name) is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    public static JsonObject Describe(SubjectVersion version)
    {
        var json = new JsonObject
        {
            ["subject"] = version.Subject, ["version"] = version.Version, ["id"] = version.Schema.Id,
        };
        foreach ((string name, JsonNode? value) in DescribeSchema(version.Schema).ToArray())
        {
            json[name] = value?.DeepClone();
        }

        return json;
    }

    public static JsonObject DescribeSchema(StoredSchema schema)
    {
        var json = new JsonObject();
        if (schema.References.Count > 0)
        {
            json["references"] = new JsonArray([.. schema.References.Select(reference => (JsonNode)new JsonObject
            {
                ["name"] = reference.Name, ["subject"] = reference.Subject, ["version"] = reference.Version,
            })]);
        }

        json["schema"] = schema.Text;
        return json;
    }

    public static JsonArray Texts(IReadOnlyCollection<string> texts) => [.. texts.Select(text => JsonValue.Create(text))];

    public static JsonArray Numbers(IReadOnlyCollection<int> numbers) => [.. numbers.Select(number => JsonValue.Create(number))];

    /// <summary>A slash inside a subject comes percent-encoded, and the server leaves that one encoded.</summary>
    private static void DecodeSubject(HttpRequest request)
    {
        if (request.RouteValues.TryGetValue("subject", out object? value) && value is string subject)
        {
            request.RouteValues["subject"] = subject.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        }
    }

    /// <summary>The content type of an answer: the registry's own unless the client asked for another one only.</summary>
    private static string Accepted(HttpRequest request)
    {
        string accept = request.Headers.Accept.ToString();
        return accept.Contains(ContentType, StringComparison.OrdinalIgnoreCase) || accept.Contains("*/*", StringComparison.Ordinal)
            ? ContentType
            : OtherContentTypes.FirstOrDefault(type => accept.Contains(type, StringComparison.OrdinalIgnoreCase)) ?? ContentType;
    }

    private static int Number(HttpRequest request, string name, int otherwise) =>
        int.TryParse(request.Query[name].FirstOrDefault(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
            ? value
            : otherwise;

    private static int? NumberOf(JsonObject json, string name) =>
        Member(json, name) is JsonValue value && value.TryGetValue(out int number) ? number : null;

    // A duplicate key makes every look-up throw, whichever member is asked for.
    private static JsonNode? Member(JsonObject json, string name)
    {
        try
        {
            return json[name];
        }
        catch (ArgumentException)
        {
            throw new ApiException(400, 400, "the body has a key twice");
        }
    }
}

using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Polly;
using Polly.Retry;

namespace Fabric.Avro.Registry.Client;

/// <summary>
/// A client of Confluent's registry interface: the embedded server or any other. What was asked once is kept for ever, so an
/// outage of the registry only touches schemas never seen before.
/// </summary>
/// <remarks>Thread-safe. Retries what may pass: 5 attempts from 100 ms on, doubling with jitter.</remarks>
public sealed class HttpSchemaRegistry : ISchemaRegistry, IDisposable
{
    private const string ContentType = "application/vnd.schemaregistry.v1+json";
    private const int ResponseBytesMax = 16 * 1024 * 1024;
    private const int AttemptsMax = 5;
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http;
    private readonly ConcurrentDictionary<(string Subject, string Schema), int> _ids = new();
    private readonly ConcurrentDictionary<int, Schema> _schemas = new();
    private readonly ResiliencePipeline _retry;

    /// <param name="address">E.g. <c>http://127.0.0.1:8081</c>; user and password in it are sent as basic authentication.</param>
    public HttpSchemaRegistry(Uri address, TimeProvider clock)
    {
        var handler = new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), UseCookies = false };
        _http = new HttpClient(handler)
        {
            BaseAddress = new Uri(address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped)
                .TrimEnd('/') + "/"),
            Timeout = RequestTimeout,
            MaxResponseContentBufferSize = ResponseBytesMax,
        };
        _http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue(ContentType));
        if (address.UserInfo.Length > 0)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(address.UserInfo))));
        }

        _retry = new ResiliencePipelineBuilder { TimeProvider = clock }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = AttemptsMax - 1, Delay = TimeSpan.FromMilliseconds(100), UseJitter = true,
                BackoffType = DelayBackoffType.Exponential,
                ShouldHandle = new PredicateBuilder().Handle<RegistryException>(exception => exception.IsRetriable),
            })
            .Build();
    }

    public async ValueTask<int> RegisterAsync(string subject, Schema schema, CancellationToken cancellationToken)
    {
        string text = schema.ToJson();
        if (_ids.TryGetValue((subject, text), out int known))
        {
            return known;
        }

        var body = new JsonObject { ["schema"] = text };
        JsonNode answer = await SendAsync(
            HttpMethod.Post, $"subjects/{Uri.EscapeDataString(subject)}/versions", body, cancellationToken).ConfigureAwait(false);
        int id = answer["id"]?.GetValue<int>() ?? throw Malformed(subject);
        _schemas.TryAdd(id, schema);
        return _ids.GetOrAdd((subject, text), id);
    }

    public async ValueTask<Schema> GetAsync(int id, CancellationToken cancellationToken)
    {
        if (_schemas.TryGetValue(id, out Schema? known))
        {
            return known;
        }

        JsonNode answer = await SendAsync(HttpMethod.Get, $"schemas/ids/{id}", null, cancellationToken).ConfigureAwait(false);
        string text = answer["schema"]?.GetValue<string>() ?? throw Malformed($"schema {id}");
        Schema schema = Schema.Parse(text, await ReferencesAsync(answer, cancellationToken).ConfigureAwait(false));
        return _schemas.GetOrAdd(id, schema);
    }

    /// <summary>Sets the level of a subject, as the fabric does for the subjects it owns.</summary>
    public async Task SetCompatibilityAsync(string subject, CompatibilityLevel level, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Put, $"config/{Uri.EscapeDataString(subject)}", new JsonObject { ["compatibility"] = level.ToText() },
            cancellationToken).ConfigureAwait(false);

    /// <summary>Why a schema would be refused under a subject; empty when it would be accepted.</summary>
    public async Task<IReadOnlyList<string>> TestAsync(string subject, Schema schema, CancellationToken cancellationToken)
    {
        JsonNode answer = await SendAsync(
            HttpMethod.Post, $"compatibility/subjects/{Uri.EscapeDataString(subject)}/versions?verbose=true",
            new JsonObject { ["schema"] = schema.ToJson() }, cancellationToken).ConfigureAwait(false);
        return answer["is_compatible"]?.GetValue<bool>() == true
            ? []
            : [.. (answer["messages"] as JsonArray ?? []).Select(message => message?.GetValue<string>() ?? "incompatible")];
    }

    public void Dispose() => _http.Dispose();

    private async Task<List<Schema>> ReferencesAsync(JsonNode answer, CancellationToken cancellationToken)
    {
        var schemas = new List<Schema>();
        foreach (JsonNode? reference in answer["references"] as JsonArray ?? [])
        {
            string subject = Uri.EscapeDataString(reference!["subject"]!.GetValue<string>());
            JsonNode version = await SendAsync(
                HttpMethod.Get, $"subjects/{subject}/versions/{reference["version"]!.GetValue<int>()}?deleted=true", null,
                cancellationToken).ConfigureAwait(false);
            schemas.Add(await GetAsync(version["id"]!.GetValue<int>(), cancellationToken).ConfigureAwait(false));
        }

        return schemas;
    }

    private ValueTask<JsonNode> SendAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken) =>
        _retry.ExecuteAsync(
            async token => await SendOnceAsync(method, path, body, token).ConfigureAwait(false), cancellationToken);

    private async Task<JsonNode> SendOnceAsync(
        HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(ContentType);
        }

        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            string text = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            return response.IsSuccessStatusCode
                ? JsonNode.Parse(text) ?? throw Malformed(path)
                : throw Refused(response.StatusCode, text, path);
        }
        catch (Exception exception) when (exception is HttpRequestException or JsonException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new RegistryException(
                RegistryCode.Unavailable, $"The schema registry did not answer: {exception.Message}",
                new Uri(_http.BaseAddress!, path).ToString(), isRetriable: true, exception);
        }
    }

    private RegistryException Refused(HttpStatusCode status, string text, string path)
    {
        string message = $"HTTP {(int)status}";
        int code = 0;
        try
        {
            JsonNode? json = JsonNode.Parse(text);
            message = json?["message"]?.GetValue<string>() ?? message;
            code = json?["error_code"]?.GetValue<int>() ?? 0;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            message = $"{message} without a registry's error body";
        }

        string where = new Uri(_http.BaseAddress!, path).ToString();
        return (int)status >= 500 || status == HttpStatusCode.TooManyRequests
            ? new RegistryException(RegistryCode.Unavailable, $"The schema registry cannot answer now: {message}", where, true)
            : status == HttpStatusCode.Conflict
                ? new RegistryException(RegistryCode.Incompatible, $"The schema registry refused: {message}", where)
                : code == 40403
                    ? new RegistryException(RegistryCode.Unknown, $"The schema registry does not know it: {message}", where)
                    : new RegistryException(RegistryCode.Refused, $"The schema registry refused: {message}", where);
    }

    private RegistryException Malformed(string what) => new(
        RegistryCode.Refused, $"The schema registry's answer for {what} is not one of its interface",
        _http.BaseAddress!.ToString());
}

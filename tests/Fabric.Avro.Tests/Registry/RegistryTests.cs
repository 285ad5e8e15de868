using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Avro.Registry;
using Fabric.Avro.Registry.Client;
using Fabric.Avro.Registry.Server;
using Fabric.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Avro.Tests.Registry;

public sealed class RegistryTests : IAsyncLifetime, IDisposable
{
    private const string V1 = """{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}""";
    private const string V2 = """{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"string","default":""}]}""";
    private const string Breaking = """{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"c","type":"string"}]}""";

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly MemorySchemaTopic _topic = new();
    private readonly HttpClient _http = new();
    private RegistryServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await StartAsync();
        _http.BaseAddress = _server.Address;
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _http.Dispose();

    [SkippableFact]
    public async Task Server_is_what_the_kafkajs_registry_client_expects()
    {
        Judge judge = Judge.Script("registry-client.mjs");
        Skip.IfNot(judge.IsPresent, judge.Absent);
        JudgeResult judged = await judge.RunAsync(null, TimeSpan.FromMinutes(1), _server.Address.ToString().TrimEnd('/'));
        Assert.True(judged.ExitCode == 0, judged.Error + judged.Output);
        JsonNode seen = JsonNode.Parse(judged.Output)!;
        Assert.Equal((int)seen["first"]!, (int)seen["again"]!);
        Assert.Equal((int)seen["first"]!, (int)seen["elsewhere"]!);
        Assert.NotEqual((int)seen["first"]!, (int)seen["second"]!);
        Assert.Equal((int)seen["second"]!, (int)seen["latest"]!);
        Assert.Equal((int)seen["second"]!, (int)seen["byVersion"]!);
        Assert.Equal((int)seen["first"]!, (int)seen["bySchema"]!);
        Assert.Contains("incompatible", (string)seen["refused"]!);
        Assert.Equal("Cel", (string)seen["decoded"]!["unit"]!);
        byte[] encoded = Convert.FromHexString((string)seen["encoded"]!);
        Assert.Equal(FramingResult.Ok, ConfluentFraming.TryRead(encoded, out int id, out _));
        using var client = new HttpSchemaRegistry(_server.Address, TimeProvider.System);
        Assert.Equal("judge.Reading", (await client.GetAsync(id, CancellationToken.None)).FullName);
    }

    [Fact]
    public async Task Client_registers_once_and_reads_back()
    {
        using var client = new HttpSchemaRegistry(_server.Address, TimeProvider.System);
        int id = await client.RegisterAsync("s-value", Schema.Parse(V1), CancellationToken.None);
        Assert.Equal(id, await client.RegisterAsync("s-value", Schema.Parse(V1), CancellationToken.None));
        using var other = new HttpSchemaRegistry(_server.Address, TimeProvider.System);
        Assert.Equal(Schema.Parse(V1).CanonicalForm, (await other.GetAsync(id, CancellationToken.None)).CanonicalForm);
        RegistryException refused = await Assert.ThrowsAsync<RegistryException>(
            () => client.RegisterAsync("s-value", Schema.Parse(Breaking), CancellationToken.None).AsTask());
        Assert.Equal(RegistryCode.Incompatible, refused.Code);
        RegistryException unknown = await Assert.ThrowsAsync<RegistryException>(() => client.GetAsync(99, CancellationToken.None).AsTask());
        Assert.Equal(RegistryCode.Unknown, unknown.Code);
        Assert.NotEmpty(await client.TestAsync("s-value", Schema.Parse(Breaking), CancellationToken.None));
        Assert.Empty(await client.TestAsync("s-value", Schema.Parse(V2), CancellationToken.None));
    }

    [Fact]
    public async Task Server_speaks_the_documented_errors()
    {
        await AssertError(HttpStatusCode.NotFound, 40401, _http.GetAsync("subjects/none/versions"));
        await AssertError(HttpStatusCode.NotFound, 40403, _http.GetAsync("schemas/ids/7"));
        await AssertError(HttpStatusCode.NotFound, 40408, _http.GetAsync("config/none"));
        await AssertError((HttpStatusCode)422, 42201, Post("subjects/s/versions", """{"schema":"{\"type\":\"nothing\"}"}"""));
        await AssertError((HttpStatusCode)422, 42203, Put("config", """{"compatibility":"SOMETIMES"}"""));
        await AssertError((HttpStatusCode)422, 42204, Put("mode", """{"mode":"SLEEPY"}"""));
        await AssertError(HttpStatusCode.BadRequest, 400, Post("subjects/s/versions", "not json"));
        Assert.Equal(1, (int)(await Register("s", V1))["id"]!);
        await AssertError(HttpStatusCode.NotFound, 40402, _http.GetAsync("subjects/s/versions/9"));
        await AssertError((HttpStatusCode)422, 42202, _http.GetAsync("subjects/s/versions/zero"));
        await AssertError(HttpStatusCode.Conflict, 409, Post("subjects/s/versions", Body(Breaking)));
        await AssertError(HttpStatusCode.NotFound, 40405, _http.DeleteAsync("subjects/s?permanent=true"));
        await AssertError(HttpStatusCode.NotFound, 40407, _http.DeleteAsync("subjects/s/versions/1?permanent=true"));
        await AssertError(HttpStatusCode.NotFound, 404, _http.GetAsync("no/such/place"));
        await AssertError(HttpStatusCode.NotFound, 404, _http.GetAsync("schemas/ids/one"));
        await AssertError(HttpStatusCode.MethodNotAllowed, 405, _http.DeleteAsync("subjects"));
        await AssertError(HttpStatusCode.NotFound, 40401, _http.DeleteAsync("mode/none"));
        await AssertError(HttpStatusCode.NotFound, 40402, Post("compatibility/subjects/none/versions/1", Body(V1)));
    }

    [Fact]
    public async Task Levels_modes_and_deletion_follow_the_registry_they_are_modelled_on()
    {
        await Register("s", V1);
        await Register("s", V2);
        Assert.Equal("[1,2]", await _http.GetStringAsync("subjects/s/versions"));
        Assert.Equal("""{"compatibility":"NONE"}""", await Text(Put("config/s", """{"compatibility":"none"}""")));
        Assert.Equal("""{"compatibilityLevel":"NONE"}""", await _http.GetStringAsync("config/s"));
        // Clients send back what they got, and there the key has another name.
        Assert.Equal("""{"compatibility":"NONE"}""", await Text(Put("config/s", """{"compatibilityLevel":"NONE"}""")));
        await Register("s", Breaking);
        Assert.Equal("[1,2,3]", await Text(_http.DeleteAsync("subjects/s")));
        await AssertError(HttpStatusCode.NotFound, 40404, _http.DeleteAsync("subjects/s"));
        Assert.Equal("[]", await _http.GetStringAsync("subjects"));
        Assert.Equal("""["s"]""", await _http.GetStringAsync("subjects?deleted=true"));
        Assert.Equal(Body(V1), await _http.GetStringAsync("schemas/ids/1"));
        Assert.Equal("[1,2,3]", await Text(_http.DeleteAsync("subjects/s?permanent=true")));
        Assert.Equal("""{"mode":"READONLY"}""", await Text(Put("mode", """{"mode":"READONLY"}""")));
        await AssertError((HttpStatusCode)422, 42205, Post("subjects/t/versions", Body(V1)));
    }

    [Fact]
    public async Task The_latest_version_is_deleted_again_and_again_until_none_is_left()
    {
        await Register("s", V1);
        await Register("s", V2);
        Assert.Equal("2", await Text(_http.DeleteAsync("subjects/s/versions/latest")));
        Assert.Equal("1", await Text(_http.DeleteAsync("subjects/s/versions/latest")));
        await AssertError(HttpStatusCode.NotFound, 40402, _http.DeleteAsync("subjects/s/versions/latest"));
        await AssertError(HttpStatusCode.NotFound, 40406, _http.DeleteAsync("subjects/s/versions/1"));
    }

    [Fact]
    public async Task A_deleted_subject_takes_its_level_and_mode_along()
    {
        await Register("s", V1);
        await Text(Put("config/s", """{"compatibility":"FULL"}"""));
        await Text(Put("mode/s", """{"mode":"readwrite"}"""));
        Assert.Equal("[1]", await Text(_http.DeleteAsync("subjects/s")));
        await AssertError(HttpStatusCode.NotFound, 40408, _http.GetAsync("config/s"));
        await AssertError(HttpStatusCode.NotFound, 40409, _http.GetAsync("mode/s"));
        await using RegistryServer second = await StartAsync();
        using var http = new HttpClient { BaseAddress = second.Address };
        await AssertError(HttpStatusCode.NotFound, 40408, http.GetAsync("config/s"));
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("a b:ü?&")]
    public async Task A_subject_may_have_any_name(string subject)
    {
        string path = Uri.EscapeDataString(subject);
        await Register(path, V1);
        Assert.Equal(subject, (string)JsonNode.Parse(await _http.GetStringAsync("subjects"))![0]!);
        Assert.Equal("[1]", await _http.GetStringAsync($"subjects/{path}/versions"));
        Assert.Equal("[1]", await Text(_http.DeleteAsync($"subjects/{path}")));
    }

    [Theory]
    [InlineData(null, "application/vnd.schemaregistry.v1+json")]
    [InlineData("application/vnd.schemaregistry.v1+json, application/json", "application/vnd.schemaregistry.v1+json")]
    [InlineData("application/vnd.schemaregistry+json, application/json; q=0.1", "application/vnd.schemaregistry+json")]
    [InlineData("application/json", "application/json")]
    [InlineData("application/json, text/plain, */*", "application/vnd.schemaregistry.v1+json")]
    public async Task Answers_have_the_content_type_that_was_asked_for(string? accept, string expected)
    {
        foreach (string path in (string[])["subjects", "subjects/none/versions", "no/such/place"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (accept is not null)
            {
                request.Headers.Add("Accept", accept);
            }

            using HttpResponseMessage response = await _http.SendAsync(request);
            Assert.Equal(expected, response.Content.Headers.ContentType!.ToString());
        }
    }

    [Fact]
    public async Task A_subject_that_Confluents_registry_deleted_in_one_record_is_deleted()
    {
        await Register("s", V1);
        await Register("s", V2);
        ISchemaLog log = _topic.OpenLog();
        await log.OpenAsync((_, _) => { }, CancellationToken.None);
        await log.AppendAsync(
            [("""{"keytype":"DELETE_SUBJECT","subject":"s","magic":0}""", """{"subject":"s","version":1}""")], CancellationToken.None);
        await using RegistryServer second = await StartAsync();
        using var http = new HttpClient { BaseAddress = second.Address };
        Assert.Equal("[2]", await http.GetStringAsync("subjects/s/versions"));
    }

    [Fact]
    public async Task References_are_resolved_and_protected()
    {
        await Register("unit", """{"type":"enum","name":"Unit","symbols":["A","B"]}""");
        string user = """{"type":"record","name":"U","fields":[{"name":"u","type":"Unit"}]}""";
        JsonObject body = JsonNode.Parse(Body(user))!.AsObject();
        body["references"] = new JsonArray(new JsonObject { ["name"] = "Unit", ["subject"] = "unit", ["version"] = 1 });
        int id = (int)JsonNode.Parse(await Text(Post("subjects/user/versions", body.ToJsonString())))!["id"]!;
        await AssertError((HttpStatusCode)422, 42206, _http.DeleteAsync("subjects/unit/versions/1"));
        Assert.Equal($"[{id}]", await _http.GetStringAsync("subjects/unit/versions/1/referencedby"));
        using var client = new HttpSchemaRegistry(_server.Address, TimeProvider.System);
        Assert.Equal("U", (await client.GetAsync(id, CancellationToken.None)).FullName);
    }

    [Fact]
    public async Task A_restart_finds_everything_and_a_second_registry_fences_the_first()
    {
        await Register("s", V1);
        await Put("config", """{"compatibility":"FULL"}""");
        await using RegistryServer second = await StartAsync();
        using var http = new HttpClient { BaseAddress = second.Address };
        Assert.Equal("[1]", await http.GetStringAsync("subjects/s/versions"));
        Assert.Equal("""{"compatibilityLevel":"FULL"}""", await http.GetStringAsync("config"));
        await AssertError(HttpStatusCode.InternalServerError, 50004, Post("subjects/s/versions", Body(V2)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_append_of_unknown_outcome_is_read_back_before_the_next_change(bool wasWritten)
    {
        _topic.FailAfterWriting = wasWritten;
        await AssertError(HttpStatusCode.InternalServerError, 50001, Post("subjects/s/versions", Body(V1)));
        _topic.FailAfterWriting = null;
        Assert.Equal(wasWritten ? 2 : 1, (int)(await Register("other", V2))["id"]!);
        Assert.Equal(wasWritten ? 1 : 2, (int)(await Register("s", V1))["id"]!);
        Assert.Equal(2, _topic.Records.Count);
        Assert.Equal("[1]", await _http.GetStringAsync("subjects/s/versions"));
    }

    private Task<RegistryServer> StartAsync() => RegistryServer.StartAsync(
        _topic.OpenLog(), new Uri("http://127.0.0.1:0"), CompatibilityLevel.Backward, NullLoggerFactory.Instance, CancellationToken.None);

    private async Task<JsonNode> Register(string subject, string schema) =>
        JsonNode.Parse(await Text(Post($"subjects/{subject}/versions", Body(schema))))!;

    private Task<HttpResponseMessage> Post(string path, string body) =>
        _http.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/vnd.schemaregistry.v1+json"));

    private Task<HttpResponseMessage> Put(string path, string body) =>
        _http.PutAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));

    private static string Body(string schema) => new JsonObject { ["schema"] = schema }.ToJsonString(Readable);

    private static async Task<string> Text(Task<HttpResponseMessage> sending)
    {
        using HttpResponseMessage response = await sending;
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return text;
    }

    private static async Task AssertError(HttpStatusCode status, int code, Task<HttpResponseMessage> sending)
    {
        using HttpResponseMessage response = await sending;
        string text = await response.Content.ReadAsStringAsync();
        Assert.Equal((status, code), (response.StatusCode, (int?)JsonNode.Parse(text)?["error_code"] ?? 0));
    }
}

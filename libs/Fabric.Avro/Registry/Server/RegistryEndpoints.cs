using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fabric.Avro.Registry.Server;

/// <summary>The REST interface of Confluent's registry: paths, query parameters, bodies, status and error codes.</summary>
internal sealed class RegistryEndpoints(RegistryService service)
{
    public void Map(WebApplication web)
    {
        web.UseStatusCodePages(RegistryHttp.DescribeStatusAsync);
        web.Use(RegistryHttp.TranslateErrorsAsync);
        MapSubjects(web);
        MapSchemas(web);
        MapCompatibility(web);
        MapSettings(web);
        web.MapGet("/", () => RegistryHttp.Json(new JsonObject()));
        web.MapGet("/contexts", () => RegistryHttp.Json(new JsonArray(".")));
        web.MapGet("/v1/metadata/id", () => RegistryHttp.Json(new JsonObject { ["scope"] = new JsonObject { ["path"] = new JsonArray() } }));
        web.MapGet("/v1/metadata/version", () => RegistryHttp.Json(new JsonObject { ["version"] = "7.6.0", ["commitId"] = "fabric" }));
    }

    private void MapSubjects(WebApplication web)
    {
        web.MapGet("/subjects", (HttpRequest request) =>
        {
            bool deleted = RegistryHttp.Flag(request, "deleted"), deletedOnly = RegistryHttp.Flag(request, "deletedOnly");
            string prefix = request.Query["subjectPrefix"].FirstOrDefault(":*:")!;
            string[] subjects = service.Read(table => table.Subjects
                .Where(subject => prefix == ":*:" || subject.StartsWith(prefix, StringComparison.Ordinal))
                .Where(subject => deletedOnly
                    ? table.Versions(subject).All(version => version.IsDeleted)
                    : deleted || table.Versions(subject).Any(version => !version.IsDeleted))
                .ToArray());
            return RegistryHttp.Json(RegistryHttp.Texts(RegistryHttp.Page(request, subjects)));
        });
        web.MapPost("/subjects/{subject}", async (string subject, HttpRequest request) =>
        {
            SchemaRequest wanted = await RegistryHttp.ReadSchemaAsync(request).ConfigureAwait(false);
            SubjectVersion found = service.LookUp(
                subject, wanted, RegistryHttp.Flag(request, "normalize"), RegistryHttp.Flag(request, "deleted"));
            return RegistryHttp.Json(RegistryHttp.Describe(found));
        });
        web.MapDelete("/subjects/{subject}", async (string subject, HttpRequest request, CancellationToken cancellation) =>
            RegistryHttp.Json(RegistryHttp.Numbers(await service.DeleteSubjectAsync(
                subject, RegistryHttp.Flag(request, "permanent"), cancellation).ConfigureAwait(false))));
        MapVersions(web);
    }

    private void MapVersions(WebApplication web)
    {
        web.MapGet("/subjects/{subject}/versions", (string subject, HttpRequest request) =>
        {
            bool deleted = RegistryHttp.Flag(request, "deleted"), deletedOnly = RegistryHttp.Flag(request, "deletedOnly");
            int[] versions = service.Read(table => table.Versions(subject)
                .Where(version => deletedOnly ? version.IsDeleted : deleted || !version.IsDeleted)
                .Select(version => version.Version).ToArray());
            return versions.Length == 0
                ? throw ApiException.SubjectNotFound(subject)
                : RegistryHttp.Json(RegistryHttp.Numbers(RegistryHttp.Page(request, versions)));
        });
        web.MapPost("/subjects/{subject}/versions", async (string subject, HttpRequest request, CancellationToken cancellation) =>
        {
            SchemaRequest wanted = await RegistryHttp.ReadSchemaAsync(request).ConfigureAwait(false);
            SubjectVersion added = await service.RegisterAsync(
                subject, wanted, RegistryHttp.Flag(request, "normalize"), cancellation).ConfigureAwait(false);
            return RegistryHttp.Json(new JsonObject { ["id"] = added.Schema.Id });
        });
        web.MapGet("/subjects/{subject}/versions/{version}", (string subject, string version, HttpRequest request) =>
            RegistryHttp.Json(RegistryHttp.Describe(
                service.Resolve(subject, version, RegistryHttp.Flag(request, "deleted")))));
        web.MapGet("/subjects/{subject}/versions/{version}/schema", (string subject, string version, HttpRequest request) =>
            RegistryHttp.Text(service.Resolve(subject, version, RegistryHttp.Flag(request, "deleted")).Schema.Text));
        web.MapGet("/subjects/{subject}/versions/{version}/referencedby", (string subject, string version) =>
        {
            SubjectVersion found = service.Resolve(subject, version, includeDeleted: true);
            int[] ids = service.Read(table => table.AllVersions
                .Where(other => !other.IsDeleted && other.Schema.References.Any(
                    reference => reference.Subject == subject && reference.Version == found.Version))
                .Select(other => other.Schema.Id).Distinct().Order().ToArray());
            return RegistryHttp.Json(RegistryHttp.Numbers(ids));
        });
        web.MapDelete(
            "/subjects/{subject}/versions/{version}",
            async (string subject, string version, HttpRequest request, CancellationToken cancellation) => RegistryHttp.Json(
                JsonValue.Create(await service.DeleteVersionAsync(
                    subject, version, RegistryHttp.Flag(request, "permanent"), cancellation).ConfigureAwait(false))));
    }

    private void MapSchemas(WebApplication web)
    {
        web.MapGet("/schemas/types", () => RegistryHttp.Json(new JsonArray("AVRO")));
        web.MapGet("/schemas", (HttpRequest request) =>
        {
            bool deleted = RegistryHttp.Flag(request, "deleted"), latestOnly = RegistryHttp.Flag(request, "latestOnly");
            string prefix = request.Query["subjectPrefix"].FirstOrDefault("")!;
            SubjectVersion[] versions = service.Read(table => table.Subjects
                .Where(subject => subject.StartsWith(prefix, StringComparison.Ordinal))
                .SelectMany(subject =>
                {
                    SubjectVersion[] all = [.. table.Versions(subject).Where(version => deleted || !version.IsDeleted)];
                    return latestOnly ? all.TakeLast(1) : all;
                }).ToArray());
            return RegistryHttp.Json(new JsonArray(
                [.. RegistryHttp.Page(request, versions).Select(version => (JsonNode)RegistryHttp.Describe(version))]));
        });
        web.MapGet("/schemas/ids/{id:int}", (int id, HttpRequest request) =>
        {
            JsonObject json = RegistryHttp.DescribeSchema(ById(id));
            if (RegistryHttp.Flag(request, "fetchMaxId"))
            {
                json["maxId"] = service.Read(table => table.MaxId);
            }

            return RegistryHttp.Json(json);
        });
        web.MapGet("/schemas/ids/{id:int}/schema", (int id) => RegistryHttp.Text(ById(id).Text));
        web.MapGet("/schemas/ids/{id:int}/subjects", (int id, HttpRequest request) => RegistryHttp.Json(RegistryHttp.Texts(
            [.. Uses(id, RegistryHttp.Flag(request, "deleted")).Select(use => use.Subject).Distinct()])));
        web.MapGet("/schemas/ids/{id:int}/versions", (int id, HttpRequest request) => RegistryHttp.Json(new JsonArray(
            [.. Uses(id, RegistryHttp.Flag(request, "deleted")).Select(use => (JsonNode)new JsonObject
            {
                ["subject"] = use.Subject, ["version"] = use.Version,
            })])));
    }

    private void MapCompatibility(WebApplication web)
    {
        web.MapPost("/compatibility/subjects/{subject}/versions/{version}", (string subject, string version, HttpRequest request) =>
            TestAsync(subject, version, request));
        web.MapPost("/compatibility/subjects/{subject}/versions", (string subject, HttpRequest request) =>
            TestAsync(subject, null, request));
    }

    private void MapSettings(WebApplication web)
    {
        web.MapGet("/config", () => RegistryHttp.Json(Level(service.GlobalLevel)));
        web.MapGet("/config/{subject}", (string subject, HttpRequest request) =>
        {
            CompatibilityLevel? own = service.Read(table => table.LevelOf(subject));
            return own is null && !RegistryHttp.Flag(request, "defaultToGlobal")
                ? throw ApiException.NoSubjectCompatibility(subject)
                : RegistryHttp.Json(Level(own ?? service.GlobalLevel));
        });
        web.MapPut("/config/{subject?}", async (string? subject, HttpRequest request, CancellationToken cancellation) =>
        {
            JsonObject body = await RegistryHttp.ReadObjectAsync(request).ConfigureAwait(false);
            string text = RegistryHttp.TextOf(body, "compatibility") ?? RegistryHttp.TextOf(body, "compatibilityLevel") ?? "";
            if (!CompatibilityLevels.TryParse(text, out CompatibilityLevel level))
            {
                throw ApiException.InvalidLevel();
            }

            await service.SetLevelAsync(subject, level, cancellation).ConfigureAwait(false);
            return RegistryHttp.Json(new JsonObject { ["compatibility"] = level.ToText() });
        });
        web.MapDelete("/config/{subject?}", async (string? subject, CancellationToken cancellation) =>
        {
            CompatibilityLevel? own = subject is null ? service.GlobalLevel : service.Read(table => table.LevelOf(subject));
            if (own is null)
            {
                throw ApiException.SubjectNotFound(subject!);
            }

            await service.SetLevelAsync(subject, null, cancellation).ConfigureAwait(false);
            return RegistryHttp.Json(Level(own.Value));
        });
        MapModes(web);
    }

    private void MapModes(WebApplication web)
    {
        web.MapGet("/mode", () => RegistryHttp.Json(Mode(service.Read(table => table.GlobalMode ?? "READWRITE"))));
        web.MapGet("/mode/{subject}", (string subject, HttpRequest request) =>
        {
            string? own = service.Read(table => table.ModeOf(subject));
            return own is null && !RegistryHttp.Flag(request, "defaultToGlobal")
                ? throw ApiException.NoSubjectMode(subject)
                : RegistryHttp.Json(Mode(service.EffectiveMode(subject)));
        });
        web.MapPut("/mode/{subject?}", async (string? subject, HttpRequest request, CancellationToken cancellation) =>
        {
            JsonObject body = await RegistryHttp.ReadObjectAsync(request).ConfigureAwait(false);
            string mode = RegistryHttp.TextOf(body, "mode")?.ToUpperInvariant() ?? throw ApiException.InvalidMode();
            await service.SetModeAsync(subject, mode, RegistryHttp.Flag(request, "force"), cancellation).ConfigureAwait(false);
            return RegistryHttp.Json(Mode(mode));
        });
        web.MapDelete("/mode/{subject?}", async (string? subject, CancellationToken cancellation) =>
        {
            string mode = service.Read(table => subject is null ? table.GlobalMode : table.ModeOf(subject))
                ?? throw ApiException.SubjectNotFound(subject ?? "");
            await service.SetModeAsync(subject, null, force: true, cancellation).ConfigureAwait(false);
            return RegistryHttp.Json(Mode(mode));
        });
    }

    private async Task<IResult> TestAsync(string subject, string? version, HttpRequest request)
    {
        SchemaRequest candidate = await RegistryHttp.ReadSchemaAsync(request).ConfigureAwait(false);
        IReadOnlyList<string> messages = service.TestCompatibility(subject, version, candidate);
        var json = new JsonObject { ["is_compatible"] = messages.Count == 0 };
        if (RegistryHttp.Flag(request, "verbose"))
        {
            json["messages"] = RegistryHttp.Texts(messages);
        }

        return RegistryHttp.Json(json);
    }

    private StoredSchema ById(int id) => service.Read(table => table.TryGetById(id, out StoredSchema? schema) ? schema : null)
        ?? throw ApiException.SchemaNotFound(id);

    private SubjectVersion[] Uses(int id, bool includeDeleted)
    {
        ById(id);
        return service.Read(table => table.AllVersions
            .Where(version => version.Schema.Id == id && (includeDeleted || !version.IsDeleted)).ToArray());
    }

    private static JsonObject Level(CompatibilityLevel level) => new() { ["compatibilityLevel"] = level.ToText() };

    private static JsonObject Mode(string mode) => new() { ["mode"] = mode };
}

namespace Fabric.Avro.Registry.Server;

/// <summary>A request that Confluent's registry would refuse: HTTP status, error code and message of the answer.</summary>
internal sealed class ApiException(int status, int code, string message) : Exception(message)
{
    public int Status { get; } = status;

    public int ErrorCode { get; } = code;

    public static ApiException SubjectNotFound(string subject) => new(404, 40401, $"Subject '{subject}' not found.");

    public static ApiException VersionNotFound(string version) => new(404, 40402, $"Version {version} not found.");

    public static ApiException SchemaNotFound(int id) => new(404, 40403, $"Schema {id} not found");

    public static ApiException SchemaNotFound() => new(404, 40403, "Schema not found");

    public static ApiException SubjectSoftDeleted(string subject) => new(
        404, 40404, $"Subject '{subject}' was soft deleted.Set permanent=true to delete permanently");

    public static ApiException SubjectNotSoftDeleted(string subject) => new(
        404, 40405, $"Subject '{subject}' was not deleted first before being permanently deleted");

    public static ApiException VersionSoftDeleted(string subject, int version) => new(
        404, 40406, $"Subject '{subject}' Version {version} was soft deleted.Set permanent=true to delete permanently");

    public static ApiException VersionNotSoftDeleted(string subject, int version) => new(
        404, 40407, $"Subject '{subject}' Version {version} was not deleted first before being permanently deleted");

    public static ApiException NoSubjectCompatibility(string subject) => new(
        404, 40408, $"Subject '{subject}' does not have subject-level compatibility configured");

    public static ApiException NoSubjectMode(string subject) => new(
        404, 40409, $"Subject '{subject}' does not have subject-level mode configured");

    public static ApiException Incompatible(IEnumerable<string> messages) => new(
        409, 409, "Schema being registered is incompatible with an earlier schema; details: " + string.Join(", ", messages));

    public static ApiException InvalidSchema(string why) => new(422, 42201, $"Input schema is an invalid schema: {why}");

    public static ApiException InvalidVersion(string version) => new(
        422, 42202, $"The specified version '{version}' is not a valid version id. Allowed values are between [1, 2^31-1] and "
        + "the string \"latest\"");

    public static ApiException InvalidLevel() => new(
        422, 42203, "Invalid compatibility level. Valid values are none, backward, forward, full, backward_transitive, "
        + "forward_transitive, and full_transitive");

    public static ApiException InvalidMode() => new(
        422, 42204, "Invalid mode. Valid values are READWRITE, READONLY, READONLY_OVERRIDE and IMPORT");

    public static ApiException NotPermitted(string why) => new(422, 42205, why);

    public static ApiException Referenced(string subject, int version) => new(
        422, 42206, $"One or more references exist to the schema {{subject={subject},version={version}}}.");

    public static ApiException IdMismatch(int id) => new(422, 42207, $"The schema has another id than {id}, or {id} is taken.");
}

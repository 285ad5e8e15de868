using System.Diagnostics.CodeAnalysis;

namespace Fabric.Avro.Registry.Server;

/// <summary>A registered schema.</summary>
/// <param name="Text">The schema as the registry gives it out.</param>
internal sealed record StoredSchema(int Id, string Text, IReadOnlyList<SchemaReference> References);

/// <summary>A version of a subject.</summary>
internal sealed record SubjectVersion(string Subject, int Version, StoredSchema Schema, bool IsDeleted);

/// <summary>
/// The registry's state as the records of <c>_schemas</c> make it: subjects with their versions, schemas by id, levels and modes.
/// </summary>
/// <remarks>Not thread-safe: the service serializes access.</remarks>
internal sealed class SubjectTable
{
    private readonly SortedDictionary<string, SortedDictionary<int, SubjectVersion>> _subjects = new(StringComparer.Ordinal);
    private readonly Dictionary<int, StoredSchema> _byId = [];
    private readonly Dictionary<string, int> _idByText = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CompatibilityLevel> _levels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _modes = new(StringComparer.Ordinal);

    /// <summary>Greatest id so far; 0 when there is none.</summary>
    public int MaxId { get; private set; }

    public CompatibilityLevel? GlobalLevel { get; set; }

    public string? GlobalMode { get; set; }

    public IEnumerable<string> Subjects => _subjects.Keys;

    public IEnumerable<SubjectVersion> AllVersions => _subjects.Values.SelectMany(versions => versions.Values);

    /// <summary>All versions of a subject in order, deleted ones too; empty when there is none.</summary>
    public IReadOnlyCollection<SubjectVersion> Versions(string subject) =>
        _subjects.TryGetValue(subject, out SortedDictionary<int, SubjectVersion>? versions) ? versions.Values : [];

    public SubjectVersion? Find(string subject, int version) =>
        _subjects.TryGetValue(subject, out SortedDictionary<int, SubjectVersion>? versions)
            ? versions.GetValueOrDefault(version)
            : null;

    public bool TryGetById(int id, [NotNullWhen(true)] out StoredSchema? schema) => _byId.TryGetValue(id, out schema);

    /// <summary>The id that the text (with its references) has under any subject.</summary>
    public int? IdOf(string text, IReadOnlyList<SchemaReference> references) =>
        _idByText.TryGetValue(IdentityOf(text, references), out int id) ? id : null;

    public CompatibilityLevel? LevelOf(string subject) => _levels.TryGetValue(subject, out CompatibilityLevel level) ? level : null;

    public string? ModeOf(string subject) => _modes.GetValueOrDefault(subject);

    public void SetLevel(string subject, CompatibilityLevel? level)
    {
        if (level is { } value)
        {
            _levels[subject] = value;
        }
        else
        {
            _levels.Remove(subject);
        }
    }

    public void SetMode(string subject, string? mode)
    {
        if (mode is not null)
        {
            _modes[subject] = mode;
        }
        else
        {
            _modes.Remove(subject);
        }
    }

    public void Put(SubjectVersion version)
    {
        if (!_subjects.TryGetValue(version.Subject, out SortedDictionary<int, SubjectVersion>? versions))
        {
            _subjects[version.Subject] = versions = [];
        }

        versions[version.Version] = version;
        _byId[version.Schema.Id] = version.Schema;
        _idByText.TryAdd(IdentityOf(version.Schema.Text, version.Schema.References), version.Schema.Id);
        MaxId = Math.Max(MaxId, version.Schema.Id);
    }

    /// <summary>Forgets a version for good. Its id stays: records that carry it must stay readable.</summary>
    public void Remove(string subject, int version)
    {
        if (_subjects.TryGetValue(subject, out SortedDictionary<int, SubjectVersion>? versions))
        {
            versions.Remove(version);
            if (versions.Count == 0)
            {
                _subjects.Remove(subject);
            }
        }
    }

    private static string IdentityOf(string text, IReadOnlyList<SchemaReference> references) =>
        references.Count == 0 ? text : $"{text}\n{string.Join('\n', references)}";
}

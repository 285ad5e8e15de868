namespace Fabric.Avro.Registry.Server;

/// <summary>What a client asks to be registered or looked up.</summary>
/// <param name="Id">Only in mode IMPORT.</param>
/// <param name="Version">Only in mode IMPORT.</param>
internal sealed record SchemaRequest(string Text, IReadOnlyList<SchemaReference> References, int? Id = null, int? Version = null);

/// <summary>
/// Registers, looks up and deletes schemas by the rules of Confluent's registry. Every change is durable in the log before it
/// is answered.
/// </summary>
/// <remarks>Thread-safe: changes go one by one.</remarks>
internal sealed class RegistryService(ISchemaLog log, CompatibilityLevel defaultLevel) : IDisposable
{
    private const string ReadWrite = "READWRITE", Import = "IMPORT";
    private const int ReferenceDepthMax = 32;
    private static readonly string[] Modes = [ReadWrite, "READONLY", "READONLY_OVERRIDE", Import];

    private readonly SubjectTable _table = new();
    private readonly Lock _state = new();
    private readonly SemaphoreSlim _writer = new(1, 1);
    private bool _isStale;

    public Task OpenAsync(CancellationToken cancellationToken) =>
        log.OpenAsync(ApplyLocked, cancellationToken);

    /// <summary>Reads under the lock.</summary>
    public T Read<T>(Func<SubjectTable, T> read)
    {
        lock (_state)
        {
            return read(_table);
        }
    }

    public CompatibilityLevel EffectiveLevel(string subject) =>
        Read(table => table.LevelOf(subject) ?? table.GlobalLevel ?? defaultLevel);

    public CompatibilityLevel GlobalLevel => Read(table => table.GlobalLevel ?? defaultLevel);

    public string EffectiveMode(string subject) => Read(table => table.ModeOf(subject) ?? table.GlobalMode ?? ReadWrite);

    /// <summary>Registers a schema, or finds it under the subject.</summary>
    public async Task<SubjectVersion> RegisterAsync(
        string subject, SchemaRequest request, bool normalize, CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Schema schema = Parse(request);
            string text = TextOf(request, schema, normalize);
            SubjectVersion? known = FindSame(subject, text, request.References, includeDeleted: false);
            if (known is not null && (request.Id is null || request.Id == known.Schema.Id))
            {
                return known;
            }

            SubjectVersion added = Next(subject, text, request, schema);
            await AppendAsync([SchemaLogRecords.Schema(added)], cancellationToken).ConfigureAwait(false);
            return added;
        }
        finally
        {
            _writer.Release();
        }
    }

    /// <summary>The version of the subject that has this schema.</summary>
    public SubjectVersion LookUp(string subject, SchemaRequest request, bool normalize, bool includeDeleted)
    {
        RequireSubject(subject, includeDeleted);
        Schema schema = Parse(request);
        return FindSame(subject, TextOf(request, schema, normalize), request.References, includeDeleted)
            ?? FindSame(subject, TextOf(request, schema, normalize: true), request.References, includeDeleted)
            ?? throw ApiException.SchemaNotFound();
    }

    /// <summary>Messages why a schema would not be accepted after the given versions; empty when it would.</summary>
    public IReadOnlyList<string> TestCompatibility(string subject, string? version, SchemaRequest request)
    {
        Schema candidate = Parse(request);
        CompatibilityLevel level = EffectiveLevel(subject);
        if (version is null)
        {
            return SchemaCompatibility.Check(level, candidate, LiveSchemas(subject));
        }

        // Unlike elsewhere, an unknown subject is no error of its own here: it has no versions yet.
        return Find(subject, version, includeDeleted: false) is { } against
            ? SchemaCompatibility.Check(level, candidate, [Parse(against.Schema)])
            : IsLatest(version) ? [] : throw ApiException.VersionNotFound(version);
    }

    /// <summary>A version by number or <c>latest</c>.</summary>
    public SubjectVersion Resolve(string subject, string version, bool includeDeleted)
    {
        RequireSubject(subject, includeDeleted);
        return Find(subject, version, includeDeleted) ?? throw ApiException.VersionNotFound(version);
    }

    private SubjectVersion? Find(string subject, string version, bool includeDeleted)
    {
        if (IsLatest(version))
        {
            return Read(table => table.Versions(subject).LastOrDefault(v => includeDeleted || !v.IsDeleted));
        }

        if (!int.TryParse(version, out int number) || number < 1)
        {
            throw ApiException.InvalidVersion(version);
        }

        SubjectVersion? found = Read(table => table.Find(subject, number));
        return found is { IsDeleted: true } && !includeDeleted ? null : found;
    }

    private static bool IsLatest(string version) => version is "latest" or "-1";

    /// <summary>Deletes a subject: softly, or for good after that.</summary>
    public async Task<IReadOnlyList<int>> DeleteSubjectAsync(string subject, bool permanent, CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            RequireWritable(subject);
            SubjectVersion[] versions = Read(table => table.Versions(subject).ToArray());
            if (versions.Length == 0)
            {
                throw ApiException.SubjectNotFound(subject);
            }

            SubjectVersion[] live = [.. versions.Where(version => !version.IsDeleted)];
            if (permanent && live.Length > 0)
            {
                throw ApiException.SubjectNotSoftDeleted(subject);
            }

            if (!permanent && live.Length == 0)
            {
                throw ApiException.SubjectSoftDeleted(subject);
            }

            SubjectVersion[] gone = permanent ? versions : live;
            RequireUnreferenced(gone);
            await AppendAsync(
                [.. gone.Select(version => Deletion(version, permanent)), .. OwnSettings(subject)], cancellationToken).ConfigureAwait(false);
            return [.. gone.Select(version => version.Version)];
        }
        finally
        {
            _writer.Release();
        }
    }

    /// <summary>Deletes one version: softly, or for good after that. The latest is the latest that is not deleted.</summary>
    public async Task<int> DeleteVersionAsync(
        string subject, string version, bool permanent, CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            RequireWritable(subject);
            RequireSubject(subject, includeDeleted: true);
            SubjectVersion found = Find(subject, version, includeDeleted: !IsLatest(version))
                ?? throw ApiException.VersionNotFound(version);
            if (permanent != found.IsDeleted)
            {
                throw permanent
                    ? ApiException.VersionNotSoftDeleted(subject, found.Version)
                    : ApiException.VersionSoftDeleted(subject, found.Version);
            }

            RequireUnreferenced([found]);
            await AppendAsync([Deletion(found, permanent)], cancellationToken).ConfigureAwait(false);
            return found.Version;
        }
        finally
        {
            _writer.Release();
        }
    }

    /// <param name="subject">Null for the global level.</param>
    /// <param name="level">Null takes it away.</param>
    public Task SetLevelAsync(string? subject, CompatibilityLevel? level, CancellationToken cancellationToken) =>
        ChangeAsync(SchemaLogRecords.Level(subject, level), cancellationToken);

    /// <param name="subject">Null for the global mode.</param>
    /// <param name="mode">Null takes it away.</param>
    public Task SetModeAsync(string? subject, string? mode, bool force, CancellationToken cancellationToken)
    {
        if (mode is not null && !Modes.Contains(mode))
        {
            throw ApiException.InvalidMode();
        }

        bool hasSchemas = Read(table => subject is null ? table.Subjects.Any() : table.Versions(subject).Any(v => !v.IsDeleted));
        return mode == Import && hasSchemas && !force
            ? throw ApiException.NotPermitted("Cannot import since found existing subjects")
            : ChangeAsync(SchemaLogRecords.Mode(subject, mode), cancellationToken);
    }

    public void Dispose() => _writer.Dispose();

    /// <summary>Parses a stored schema with what it refers to.</summary>
    public Schema Parse(StoredSchema stored) => Parse(new SchemaRequest(stored.Text, stored.References));

    /// <summary>The text that is kept. What a schema refers to stays a name in it: written out, it would be defined a second time.</summary>
    private string TextOf(SchemaRequest request, Schema schema, bool normalize)
    {
        List<Schema> references = References(request.References, ReferenceDepthMax);
        return normalize ? schema.Normalize(references) : schema.ToJson(references);
    }

    private Schema Parse(SchemaRequest request)
    {
        try
        {
            return Schema.Parse(request.Text, References(request.References, ReferenceDepthMax));
        }
        catch (AvroException exception)
        {
            throw ApiException.InvalidSchema(exception.Message);
        }
    }

    private List<Schema> References(IReadOnlyList<SchemaReference> references, int depth)
    {
        if (depth == 0)
        {
            throw ApiException.InvalidSchema("references are nested too deeply");
        }

        var schemas = new List<Schema>();
        foreach (SchemaReference reference in references)
        {
            StoredSchema stored = Read(table => table.Find(reference.Subject, reference.Version))?.Schema
                ?? throw ApiException.InvalidSchema(
                    $"no schema reference found for subject \"{reference.Subject}\" and version {reference.Version}");
            schemas.Add(Schema.Parse(stored.Text, References(stored.References, depth - 1)));
        }

        return schemas;
    }

    private SubjectVersion Next(string subject, string text, SchemaRequest request, Schema schema)
    {
        string mode = RequireWritable(subject);
        int latest = Read(table => table.Versions(subject).LastOrDefault()?.Version) ?? 0;
        if (mode == Import)
        {
            return Imported(subject, text, request, latest);
        }

        if (request.Id is not null)
        {
            throw ApiException.NotPermitted($"Subject {subject} is not in import mode");
        }

        IReadOnlyList<string> messages = SchemaCompatibility.Check(EffectiveLevel(subject), schema, LiveSchemas(subject));
        if (messages.Count > 0)
        {
            throw ApiException.Incompatible(messages);
        }

        int id = Read(table => table.IdOf(text, request.References) ?? table.MaxId + 1);
        return new SubjectVersion(subject, latest + 1, new StoredSchema(id, text, request.References), IsDeleted: false);
    }

    private SubjectVersion Imported(string subject, string text, SchemaRequest request, int latest)
    {
        int id = request.Id ?? throw ApiException.NotPermitted("An id is needed in import mode");
        StoredSchema? taken = Read(table => table.TryGetById(id, out StoredSchema? stored) ? stored : null);
        if (taken is not null && taken.Text != text)
        {
            throw ApiException.IdMismatch(id);
        }

        return new SubjectVersion(
            subject, request.Version ?? latest + 1, new StoredSchema(id, text, request.References), IsDeleted: false);
    }

    private SubjectVersion? FindSame(
        string subject, string text, IReadOnlyList<SchemaReference> references, bool includeDeleted) =>
        Read(table => table.Versions(subject).LastOrDefault(version =>
            (includeDeleted || !version.IsDeleted) && version.Schema.Text == text
            && version.Schema.References.SequenceEqual(references)));

    private Schema[] LiveSchemas(string subject) =>
        [.. Read(table => table.Versions(subject).Where(version => !version.IsDeleted).ToArray())
            .Select(version => Parse(version.Schema))];

    private void RequireSubject(string subject, bool includeDeleted)
    {
        if (!Read(table => table.Versions(subject).Any(version => includeDeleted || !version.IsDeleted)))
        {
            throw ApiException.SubjectNotFound(subject);
        }
    }

    private string RequireWritable(string subject)
    {
        string mode = EffectiveMode(subject);
        return mode is "READONLY" or "READONLY_OVERRIDE"
            ? throw ApiException.NotPermitted($"Subject {subject} is in read-only mode")
            : mode;
    }

    private void RequireUnreferenced(IEnumerable<SubjectVersion> versions)
    {
        foreach (SubjectVersion version in versions)
        {
            bool isReferenced = Read(table => table.AllVersions.Any(other => !other.IsDeleted && other.Schema.References.Any(
                reference => reference.Subject == version.Subject && reference.Version == version.Version)));
            if (isReferenced)
            {
                throw ApiException.Referenced(version.Subject, version.Version);
            }
        }
    }

    private static (string Key, string? Value) Deletion(SubjectVersion version, bool permanent) => permanent
        ? SchemaLogRecords.Removed(version.Subject, version.Version)
        : SchemaLogRecords.Schema(version with { IsDeleted = true });

    /// <summary>What takes away the level and the mode that are the subject's own: they go with it.</summary>
    private IEnumerable<(string Key, string? Value)> OwnSettings(string subject)
    {
        if (Read(table => table.LevelOf(subject)) is not null)
        {
            yield return SchemaLogRecords.Level(subject, null);
        }

        if (Read(table => table.ModeOf(subject)) is not null)
        {
            yield return SchemaLogRecords.Mode(subject, null);
        }
    }

    private async Task ChangeAsync((string Key, string? Value) record, CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await AppendAsync([record], cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _writer.Release();
        }
    }

    /// <summary>
    /// Waits for the turn to change something. After a write of unknown outcome the log is read again first: what is decided
    /// next must see what was written.
    /// </summary>
    private async Task EnterAsync(CancellationToken cancellationToken)
    {
        await _writer.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (!_isStale)
        {
            return;
        }

        try
        {
            await OpenAsync(cancellationToken).ConfigureAwait(false);
            _isStale = false;
        }
        finally
        {
            if (_isStale)
            {
                _writer.Release();
            }
        }
    }

    /// <summary>Durable first, visible then: an answer is never taken back by a crash.</summary>
    private async Task AppendAsync(IReadOnlyList<(string Key, string? Value)> records, CancellationToken cancellationToken)
    {
        try
        {
            await log.AppendAsync(records, cancellationToken).ConfigureAwait(false);
        }
        catch (RegistryException)
        {
            _isStale = true; // the outcome may be unknown
            throw;
        }

        foreach ((string key, string? value) in records)
        {
            ApplyLocked(key, value);
        }
    }

    private void ApplyLocked(string key, string? value)
    {
        lock (_state)
        {
            SchemaLogRecords.Apply(key, value, _table);
        }
    }
}

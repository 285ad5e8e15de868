namespace Fabric.DuckDb;

/// <summary>How a database is opened. The defaults suit a sink: in memory, one thread.</summary>
public sealed record DuckDbOptions
{
    /// <summary>The database file; null (default) keeps everything in memory.</summary>
    public string? Path { get; init; }

    /// <summary>Opens the file read-only. Default false.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Threads that work on one statement, 1..1024, the calling thread included. Default 1.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>The most memory DuckDB's buffers take, in bytes; at least 16 MiB. Default: 80 % of the machine's.</summary>
    public long? MemoryLimitBytes { get; init; }

    /// <summary>Where DuckDB spills what does not fit in memory; null (default) forbids spilling for a database in memory.</summary>
    public string? TempDirectory { get; init; }

    /// <summary>
    /// Confines SQL: null (default) does not; a list, even an empty one, forbids every file, network and extension access
    /// outside these folders and <see cref="TempDirectory"/>, and nothing can undo it afterwards.
    /// </summary>
    public IReadOnlyList<string>? ConfinedTo { get; init; }

    /// <summary>Refuses every further change of settings by SQL. Default false; a confined database should set it.</summary>
    public bool LockConfiguration { get; init; }

    internal void Validate()
    {
        if (Threads is < 1 or > 1024)
        {
            throw new ArgumentOutOfRangeException(nameof(Threads), Threads, "1 to 1024 threads");
        }

        if (MemoryLimitBytes < 16 << 20)
        {
            throw new ArgumentOutOfRangeException(nameof(MemoryLimitBytes), MemoryLimitBytes, "At least 16 MiB");
        }
    }
}

using System.Globalization;
using Fabric.DuckDb.Interop;
using Fabric.DuckDb.Rows;

namespace Fabric.DuckDb;

/// <summary>
/// One DuckDB engine: its catalogue, its threads and its memory. Thread-safe; statements run on <see cref="Connect">connections</see>.
/// </summary>
/// <remarks>Dispose it after its connections and writers: DuckDB keeps the engine alive until the last of them is gone.</remarks>
public sealed class DuckDbDatabase : IDisposable
{
    private readonly DatabaseHandle _handle;

    private DuckDbDatabase(DatabaseHandle handle, DuckDbOptions options)
    {
        _handle = handle;
        Options = options;
        RowScans = new RowScanRegistry();
    }

    /// <summary>The version of the library, e.g. <c>v1.5.6</c>.</summary>
    public static string LibraryVersion => NativeText.Borrowed(NativeMethods.duckdb_library_version());

    public DuckDbOptions Options { get; }

    /// <summary>Row sources that SQL of this database can read as a table.</summary>
    internal RowScanRegistry RowScans { get; }

    /// <summary>Opens or creates a database.</summary>
    /// <exception cref="DuckDbException">The file is locked, damaged or of a later version, or an option is refused.</exception>
    public static DuckDbDatabase Open(DuckDbOptions? options = null)
    {
        options ??= new DuckDbOptions();
        options.Validate();
        using ConfigHandle config = CreateConfig(options);
        string path = options.Path ?? ":memory:";
        if (NativeMethods.duckdb_open_ext(path, out DatabaseHandle handle, config, out nint error) != NativeState.Success)
        {
            handle.Dispose();
            throw new DuckDbException(
                DuckDbErrorCodes.Open, $"DuckDB could not open the database: {NativeText.Owned(error)}", path);
        }

        var database = new DuckDbDatabase(handle, options);
        try
        {
            database.Prepare();
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>A new connection. The caller disposes it.</summary>
    /// <exception cref="DuckDbException">DuckDB refused, e.g. for want of memory.</exception>
    public DuckDbConnection Connect()
    {
        if (NativeMethods.duckdb_connect(_handle, out ConnectionHandle connection) != NativeState.Success)
        {
            connection.Dispose();
            throw new DuckDbException(DuckDbErrorCodes.Open, "DuckDB gave no connection");
        }

        return new DuckDbConnection(connection);
    }

    /// <summary>
    /// Refuses every further change of settings on all connections, for good. For when connections are to be set up first (a
    /// setting of the session, <see cref="DuckDbConnection.EnableProgress"/>); else the option does the same at once.
    /// </summary>
    public void LockConfiguration()
    {
        using DuckDbConnection connection = Connect();
        connection.Execute("SET lock_configuration=true");
    }

    public void Dispose() => _handle.Dispose();

    private static ConfigHandle CreateConfig(DuckDbOptions options)
    {
        if (NativeMethods.duckdb_create_config(out ConfigHandle config) != NativeState.Success)
        {
            throw new DuckDbException(DuckDbErrorCodes.Open, "DuckDB gave no configuration");
        }

        Set(config, "access_mode", options.ReadOnly ? "READ_ONLY" : "AUTOMATIC");
        Set(config, "threads", options.Threads.ToString(CultureInfo.InvariantCulture));
        Set(config, "autoinstall_known_extensions", "false");
        Set(config, "autoload_known_extensions", "false");
        if (options.MemoryLimitBytes is { } limit)
        {
            Set(config, "memory_limit", $"{limit.ToString(CultureInfo.InvariantCulture)}B");
        }

        return config;
    }

    private static void Set(ConfigHandle config, string name, string value)
    {
        if (NativeMethods.duckdb_set_config(config, name, value) != NativeState.Success)
        {
            throw new DuckDbException(DuckDbErrorCodes.Open, $"DuckDB refused the option {name}={value}");
        }
    }

    /// <summary>What has to be said in SQL, in this order: each later setting forbids an earlier one.</summary>
    private void Prepare()
    {
        using DuckDbConnection connection = Connect();
        RowScans.Register(connection.Handle);
        if (Options.TempDirectory is not null || Options.Path is null)
        {
            connection.Execute($"SET temp_directory={SqlText.Literal(Options.TempDirectory ?? "")}");
        }

        connection.Execute("SET GLOBAL TimeZone='UTC'");
        if (Options.ConfinedTo is { } folders)
        {
            IEnumerable<string> absolute = folders.Select(System.IO.Path.GetFullPath);
            connection.Execute($"SET allowed_directories={SqlText.Literals(absolute)}");
            connection.Execute("SET enable_external_access=false");
        }

        if (Options.LockConfiguration)
        {
            LockConfiguration();
        }
    }
}

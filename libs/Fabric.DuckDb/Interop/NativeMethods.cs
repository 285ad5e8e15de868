using System.Runtime.InteropServices;

namespace Fabric.DuckDb.Interop;

// DuckDB's C API, version 1.5 (duckdb.h). Names are the header's, so that its documentation can be found.
#pragma warning disable IDE1006, SYSLIB1054
internal static unsafe partial class NativeMethods
{
    [LibraryImport(DuckDbLibrary.Name)]
    public static partial void duckdb_free(nint memory);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial nint duckdb_library_version();

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial NativeState duckdb_create_config(out ConfigHandle config);

    [LibraryImport(DuckDbLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial NativeState duckdb_set_config(ConfigHandle config, string name, string option);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial void duckdb_destroy_config(ref nint config);

    [LibraryImport(DuckDbLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial NativeState duckdb_open_ext(
        string path, out DatabaseHandle database, ConfigHandle config, out nint error);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial void duckdb_close(ref nint database);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial NativeState duckdb_connect(DatabaseHandle database, out ConnectionHandle connection);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial void duckdb_interrupt(ConnectionHandle connection);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial NativeProgress duckdb_query_progress(ConnectionHandle connection);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial void duckdb_disconnect(ref nint connection);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial ulong duckdb_extract_statements(
        ConnectionHandle connection, byte* query, out ExtractedStatementsHandle statements);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial nint duckdb_extract_statements_error(ExtractedStatementsHandle statements);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial NativeState duckdb_prepare_extracted_statement(
        ConnectionHandle connection, ExtractedStatementsHandle statements, ulong index, out StatementHandle statement);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial void duckdb_destroy_extracted(ref nint statements);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial nint duckdb_prepare_error(StatementHandle statement);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial void duckdb_destroy_prepare(ref nint statement);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial ulong duckdb_nparams(StatementHandle statement);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial DuckDbStatementKind duckdb_prepared_statement_type(StatementHandle statement);

    [LibraryImport(DuckDbLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial NativeState duckdb_bind_parameter_index(StatementHandle statement, out ulong index, string name);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial NativeState duckdb_clear_bindings(StatementHandle statement);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial NativeState duckdb_bind_null(StatementHandle statement, ulong index);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial NativeState duckdb_bind_boolean(
        StatementHandle statement, ulong index, [MarshalAs(UnmanagedType.U1)] bool value);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial NativeState duckdb_bind_int64(StatementHandle statement, ulong index, long value);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial NativeState duckdb_bind_hugeint(StatementHandle statement, ulong index, NativeHugeInt value);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial NativeState duckdb_bind_double(StatementHandle statement, ulong index, double value);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial NativeState duckdb_bind_date(StatementHandle statement, ulong index, int days);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial NativeState duckdb_bind_timestamp_tz(StatementHandle statement, ulong index, long micros);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial NativeState duckdb_bind_varchar_length(
        StatementHandle statement, ulong index, byte* text, ulong length);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial NativeState duckdb_bind_blob(StatementHandle statement, ulong index, byte* data, ulong length);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial NativeState duckdb_pending_prepared(StatementHandle statement, out PendingHandle pending);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial NativeState duckdb_pending_prepared_streaming(
        StatementHandle statement, out PendingHandle pending);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial nint duckdb_pending_error(PendingHandle pending);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial NativePendingState duckdb_pending_execute_task(PendingHandle pending);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial NativeState duckdb_execute_pending(PendingHandle pending, NativeResult* result);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial void duckdb_destroy_pending(ref nint pending);
}

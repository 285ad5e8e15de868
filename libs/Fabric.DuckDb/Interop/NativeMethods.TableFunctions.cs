using System.Runtime.InteropServices;

namespace Fabric.DuckDb.Interop;

internal static unsafe partial class NativeMethods
{
    [LibraryImport(DuckDbLibrary.Name)]
    public static partial nint duckdb_create_table_function();

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial void duckdb_destroy_table_function(ref nint function);

    [LibraryImport(DuckDbLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void duckdb_table_function_set_name(nint function, string name);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial void duckdb_table_function_add_parameter(nint function, LogicalTypeHandle type);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial void duckdb_table_function_set_extra_info(
        nint function, nint info, delegate* unmanaged[Cdecl]<nint, void> destroy);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial void duckdb_table_function_set_bind(nint function, delegate* unmanaged[Cdecl]<nint, void> bind);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial void duckdb_table_function_set_init(nint function, delegate* unmanaged[Cdecl]<nint, void> init);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial void duckdb_table_function_set_function(
        nint function, delegate* unmanaged[Cdecl]<nint, nint, void> body);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial NativeState duckdb_register_table_function(ConnectionHandle connection, nint function);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial nint duckdb_bind_get_extra_info(nint info);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial nint duckdb_bind_get_parameter(nint info, ulong index);

    [LibraryImport(DuckDbLibrary.Name)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool duckdb_is_null_value(nint value);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial long duckdb_get_int64(nint value);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial void duckdb_destroy_value(ref nint value);

    [LibraryImport(DuckDbLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void duckdb_bind_add_result_column(nint info, string name, LogicalTypeHandle type);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial void duckdb_bind_set_bind_data(
        nint info, nint data, delegate* unmanaged[Cdecl]<nint, void> destroy);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial void duckdb_bind_set_cardinality(
        nint info, ulong rows, [MarshalAs(UnmanagedType.U1)] bool isExact);

    [LibraryImport(DuckDbLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void duckdb_bind_set_error(nint info, string error);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial nint duckdb_init_get_bind_data(nint info);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial void duckdb_init_set_init_data(
        nint info, nint data, delegate* unmanaged[Cdecl]<nint, void> destroy);

    [LibraryImport(DuckDbLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void duckdb_init_set_error(nint info, string error);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial nint duckdb_function_get_init_data(nint info);

    [LibraryImport(DuckDbLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void duckdb_function_set_error(nint info, string error);
}

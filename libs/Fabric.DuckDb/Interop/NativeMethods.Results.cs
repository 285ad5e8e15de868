using System.Runtime.InteropServices;

namespace Fabric.DuckDb.Interop;

internal static unsafe partial class NativeMethods
{
    [LibraryImport(DuckDbLibrary.Name)]
    public static partial void duckdb_destroy_result(NativeResult* result);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial nint duckdb_result_error(NativeResult* result);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial ulong duckdb_rows_changed(NativeResult* result);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial ulong duckdb_column_count(NativeResult* result);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial nint duckdb_column_name(NativeResult* result, ulong column);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial LogicalTypeHandle duckdb_column_logical_type(NativeResult* result, ulong column);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial nint duckdb_fetch_chunk(NativeResult result);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial ulong duckdb_data_chunk_get_size(nint chunk);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial void duckdb_data_chunk_set_size(nint chunk, ulong size);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial nint duckdb_data_chunk_get_vector(nint chunk, ulong column);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial void duckdb_destroy_data_chunk(ref nint chunk);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial void* duckdb_vector_get_data(nint vector);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial ulong* duckdb_vector_get_validity(nint vector);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial void duckdb_vector_ensure_validity_writable(nint vector);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial nint duckdb_list_vector_get_child(nint vector);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial ulong duckdb_list_vector_get_size(nint vector);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial nint duckdb_struct_vector_get_child(nint vector, ulong index);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial nint duckdb_array_vector_get_child(nint vector);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial LogicalTypeHandle duckdb_create_logical_type(DuckDbTypeId type);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial LogicalTypeHandle duckdb_create_decimal_type(byte width, byte scale);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial void duckdb_destroy_logical_type(ref nint type);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial DuckDbTypeId duckdb_get_type_id(LogicalTypeHandle type);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial nint duckdb_logical_type_get_alias(LogicalTypeHandle type);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial byte duckdb_decimal_width(LogicalTypeHandle type);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial byte duckdb_decimal_scale(LogicalTypeHandle type);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial uint duckdb_enum_dictionary_size(LogicalTypeHandle type);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial nint duckdb_enum_dictionary_value(LogicalTypeHandle type, ulong index);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial LogicalTypeHandle duckdb_list_type_child_type(LogicalTypeHandle type);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial LogicalTypeHandle duckdb_array_type_child_type(LogicalTypeHandle type);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial ulong duckdb_array_type_array_size(LogicalTypeHandle type);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial LogicalTypeHandle duckdb_map_type_key_type(LogicalTypeHandle type);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial LogicalTypeHandle duckdb_map_type_value_type(LogicalTypeHandle type);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial ulong duckdb_struct_type_child_count(LogicalTypeHandle type);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial nint duckdb_struct_type_child_name(LogicalTypeHandle type, ulong index);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial LogicalTypeHandle duckdb_struct_type_child_type(LogicalTypeHandle type, ulong index);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial ulong duckdb_union_type_member_count(LogicalTypeHandle type);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial nint duckdb_union_type_member_name(LogicalTypeHandle type, ulong index);

    [LibraryImport(DuckDbLibrary.Name)]
    public static partial LogicalTypeHandle duckdb_union_type_member_type(LogicalTypeHandle type, ulong index);
}

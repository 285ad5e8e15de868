using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fabric.DuckDb.Interop;

namespace Fabric.DuckDb.Rows;

/// <summary>
/// The table function <c>fabric_rows(id)</c>: rows held by this process, read by SQL without a table in between. Numbers are
/// looked up, never dereferenced: SQL that makes one up gets an error.
/// </summary>
/// <remarks>Thread-safe. DuckDB calls back on the thread that runs the statement.</remarks>
internal sealed unsafe class RowScanRegistry
{
    public const string FunctionName = "fabric_rows";

    private readonly ConcurrentDictionary<long, RowBuffer> _buffers = new();
    private long _lastId;

    /// <summary>Makes a buffer readable until <see cref="Remove"/>.</summary>
    public long Add(RowBuffer buffer)
    {
        long id = Interlocked.Increment(ref _lastId);
        _buffers[id] = buffer;
        return id;
    }

    public void Remove(long id) => _buffers.TryRemove(id, out _);

    public void Register(ConnectionHandle connection)
    {
        nint function = NativeMethods.duckdb_create_table_function();
        try
        {
            using LogicalTypeHandle number = NativeMethods.duckdb_create_logical_type(DuckDbTypeId.BigInt);
            NativeMethods.duckdb_table_function_set_name(function, FunctionName);
            NativeMethods.duckdb_table_function_add_parameter(function, number);
            NativeMethods.duckdb_table_function_set_extra_info(function, Handle(this), &FreeHandle);
            NativeMethods.duckdb_table_function_set_bind(function, &Bind);
            NativeMethods.duckdb_table_function_set_init(function, &Init);
            NativeMethods.duckdb_table_function_set_function(function, &Next);
            if (NativeMethods.duckdb_register_table_function(connection, function) != NativeState.Success)
            {
                throw new DuckDbException(DuckDbErrorCodes.Open, $"DuckDB refused the table function {FunctionName}");
            }
        }
        finally
        {
            NativeMethods.duckdb_destroy_table_function(ref function);
        }
    }

    private static nint Handle(object target) => GCHandle.ToIntPtr(GCHandle.Alloc(target));

    private static T Target<T>(nint handle) => (T)GCHandle.FromIntPtr(handle).Target!;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void FreeHandle(nint handle) => GCHandle.FromIntPtr(handle).Free();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Bind(nint info)
    {
        try
        {
            var registry = Target<RowScanRegistry>(NativeMethods.duckdb_bind_get_extra_info(info));
            nint parameter = NativeMethods.duckdb_bind_get_parameter(info, 0);
            long id = NativeMethods.duckdb_is_null_value(parameter) ? 0 : NativeMethods.duckdb_get_int64(parameter);
            NativeMethods.duckdb_destroy_value(ref parameter);
            if (!registry._buffers.TryGetValue(id, out RowBuffer? buffer))
            {
                NativeMethods.duckdb_bind_set_error(info, $"{FunctionName}: no rows with this number");
                return;
            }

            for (int i = 0; i < buffer.Fields.Count; i++)
            {
                using LogicalTypeHandle type = buffer.CreateType(i);
                NativeMethods.duckdb_bind_add_result_column(info, buffer.Fields[i].Name, type);
            }

            NativeMethods.duckdb_bind_set_cardinality(info, (ulong)buffer.RowCount, isExact: true);
            NativeMethods.duckdb_bind_set_bind_data(info, Handle(buffer), &FreeHandle);
        }
        catch (Exception exception) // an exception may not cross into native code
        {
            NativeMethods.duckdb_bind_set_error(info, exception.Message);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Init(nint info)
    {
        try
        {
            var buffer = Target<RowBuffer>(NativeMethods.duckdb_init_get_bind_data(info));
            NativeMethods.duckdb_init_set_init_data(info, Handle(new Cursor(buffer)), &FreeHandle);
        }
        catch (Exception exception) // an exception may not cross into native code
        {
            NativeMethods.duckdb_init_set_error(info, exception.Message);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Next(nint info, nint chunk)
    {
        try
        {
            Target<Cursor>(NativeMethods.duckdb_function_get_init_data(info)).Fill(chunk);
        }
        catch (Exception exception) // an exception may not cross into native code
        {
            NativeMethods.duckdb_function_set_error(info, exception.Message);
        }
    }

    /// <summary>How far one scan is.</summary>
    private sealed class Cursor(RowBuffer buffer)
    {
        private int _next;

        /// <summary>An empty chunk ends the scan.</summary>
        public void Fill(nint chunk)
        {
            if (_next < buffer.BlockCount)
            {
                buffer[_next++].Fill(chunk);
            }
            else
            {
                NativeMethods.duckdb_data_chunk_set_size(chunk, 0);
            }
        }
    }
}

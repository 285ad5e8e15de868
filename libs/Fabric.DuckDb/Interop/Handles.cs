using System.Runtime.InteropServices;

namespace Fabric.DuckDb.Interop;

/// <summary>A DuckDB object that is released exactly once, whatever thread or exception ends its use.</summary>
internal abstract class DuckDbHandle() : SafeHandle(invalidHandleValue: 0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;
}

internal sealed class DatabaseHandle : DuckDbHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_close(ref handle);
        return true;
    }
}

/// <summary>Keeps its database open: DuckDB closes the database with the last of database and connections.</summary>
internal sealed class ConnectionHandle : DuckDbHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_disconnect(ref handle);
        return true;
    }
}

internal sealed class ConfigHandle : DuckDbHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_destroy_config(ref handle);
        return true;
    }
}

internal sealed class ExtractedStatementsHandle : DuckDbHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_destroy_extracted(ref handle);
        return true;
    }
}

internal sealed class StatementHandle : DuckDbHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_destroy_prepare(ref handle);
        return true;
    }
}

internal sealed class PendingHandle : DuckDbHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_destroy_pending(ref handle);
        return true;
    }
}

internal sealed class LogicalTypeHandle : DuckDbHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_destroy_logical_type(ref handle);
        return true;
    }
}

internal sealed class ChunkHandle : DuckDbHandle
{
    public ChunkHandle()
    {
    }

    public ChunkHandle(nint chunk) => SetHandle(chunk);

    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_destroy_data_chunk(ref handle);
        return true;
    }
}

/// <summary>Owns the memory of a <c>duckdb_result</c>, which the C API passes by value and by address.</summary>
internal sealed unsafe class ResultHandle : DuckDbHandle
{
    public ResultHandle() => SetHandle((nint)NativeMemory.AllocZeroed((nuint)sizeof(NativeResult)));

    public NativeResult* Pointer => (NativeResult*)handle;

    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_destroy_result(Pointer);
        NativeMemory.Free(Pointer);
        return true;
    }
}

/// <summary><c>duckdb_result</c>: five deprecated fields and the one that counts.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeResult
{
    public ulong ColumnCount;
    public ulong RowCount;
    public ulong RowsChanged;
    public nint Columns;
    public nint ErrorMessage;
    public nint InternalData;
}

/// <summary><c>duckdb_hugeint</c>, laid out as <see cref="Int128"/> is on little-endian machines.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeHugeInt
{
    public ulong Lower;
    public long Upper;
}

/// <summary><c>duckdb_query_progress_type</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeProgress
{
    public double Percentage;
    public ulong RowsProcessed;
    public ulong RowsTotal;
}

/// <summary><c>duckdb_string_t</c>: up to 12 bytes inline, else the first 4 and an address.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal unsafe struct NativeString
{
    public const int InlineBytesMax = 12;

    [FieldOffset(0)]
    public uint Length;

    [FieldOffset(4)]
    public fixed byte Inline[InlineBytesMax];

    [FieldOffset(4)]
    public uint Prefix;

    [FieldOffset(8)]
    public byte* Pointer;
}

/// <summary><c>duckdb_list_entry</c>: where a row's elements are in the child vector.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeListEntry
{
    public ulong Offset;
    public ulong Length;
}

internal enum NativeState
{
    Success = 0,
    Error = 1,
}

internal enum NativePendingState
{
    ResultReady = 0,
    ResultNotReady = 1,
    Error = 2,
    NoTasksAvailable = 3,
}

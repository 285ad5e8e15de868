using System.Runtime.InteropServices;

namespace Fabric.DuckDb.Interop;

/// <summary>C strings that DuckDB hands out: borrowed ones are copied, owned ones are copied and freed.</summary>
internal static class NativeText
{
    public static string Borrowed(nint text) => Marshal.PtrToStringUTF8(text) ?? "";

    public static string Owned(nint text)
    {
        string copy = Marshal.PtrToStringUTF8(text) ?? "";
        NativeMethods.duckdb_free(text);
        return copy;
    }
}

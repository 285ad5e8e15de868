using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fabric.DuckDb.Interop;

/// <summary>Finds DuckDB's library: beside the program, where the build puts it, else where the system looks.</summary>
internal static class DuckDbLibrary
{
    public const string Name = "duckdb";

    private static readonly string FileName =
        OperatingSystem.IsWindows() ? "duckdb.dll" : OperatingSystem.IsMacOS() ? "libduckdb.dylib" : "libduckdb.so";

    [ModuleInitializer]
    [System.Diagnostics.CodeAnalysis.SuppressMessage(
        "Usage", "CA2255", Justification = "The resolver must be there before the first call, whoever makes it")]
    internal static void Register() =>
        NativeLibrary.SetDllImportResolver(typeof(DuckDbLibrary).Assembly, Resolve);

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name != Name)
        {
            return 0;
        }

        string beside = Path.Combine(AppContext.BaseDirectory, FileName);
        if (NativeLibrary.TryLoad(beside, out nint library) || NativeLibrary.TryLoad(FileName, out library))
        {
            return library;
        }

        throw new DuckDbException(
            DuckDbErrorCodes.LibraryMissing, $"{FileName} could not be loaded: run make setup, then build again", beside);
    }
}

using System.Reflection;
using System.Runtime.Loader;

namespace Fabric.Host.Runtime;

/// <summary>
/// A user's assembly and what it brings along. What the fabric has itself is shared with it, so that both mean the same
/// <see cref="Topologies.IFabricTopology"/>; the rest comes from beside the assembly.
/// </summary>
internal sealed class TopologyAssembly : AssemblyLoadContext
{
    private readonly AssemblyDependencyResolver _beside;

    private TopologyAssembly(string path)
        : base(Path.GetFileNameWithoutExtension(path)) => _beside = new AssemblyDependencyResolver(path);

    /// <param name="path">Absolute.</param>
    /// <exception cref="IOException">There is no such file.</exception>
    /// <exception cref="BadImageFormatException">It is no assembly.</exception>
    public static Assembly Load(string path) => new TopologyAssembly(path).LoadFromAssemblyPath(path);

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        try
        {
            return Default.LoadFromAssemblyName(assemblyName);
        }
        catch (IOException)
        {
            // The fabric does not have it, or an older version of it.
            return _beside.ResolveAssemblyToPath(assemblyName) is { } path ? LoadFromAssemblyPath(path) : null;
        }
    }

    protected override IntPtr LoadUnmanagedDll(string unmanagedDllName) =>
        _beside.ResolveUnmanagedDllToPath(unmanagedDllName) is { } path ? LoadUnmanagedDllFromPath(path) : IntPtr.Zero;
}

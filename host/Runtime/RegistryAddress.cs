using System.Net;
using Fabric.Host.Configuration;

namespace Fabric.Host.Runtime;

/// <summary>Where the embedded registry of a data folder listens: written by the process that runs it, read by the others.</summary>
internal static class RegistryAddress
{
    private const string FileName = "registry-address";

    public static void Write(FabricOptions options, Uri address) =>
        File.WriteAllText(PathOf(options), address + "\n");

    /// <summary>
    /// Where it listened before, so that after a restart the other processes find it at the place they know; port 0 the first
    /// time.
    /// </summary>
    public static Uri Last(FabricOptions options) => File.Exists(PathOf(options))
        ? new Uri(File.ReadAllText(PathOf(options)).Trim())
        : new UriBuilder(Uri.UriSchemeHttp, IPAddress.Loopback.ToString(), 0).Uri;

    /// <exception cref="HostException"><c>REGISTRY_NOT_STARTED</c>.</exception>
    public static Uri Find(FabricOptions options)
    {
        if (options.Registry.Address is { } configured)
        {
            return configured;
        }

        string path = PathOf(options);
        return File.Exists(path)
            ? new Uri(File.ReadAllText(path).Trim())
            : throw new HostException(
                "REGISTRY_NOT_STARTED", "The embedded schema registry has not been started here; start the process that has the "
                + "role registry first, or set registry to an address", path);
    }

    private static string PathOf(FabricOptions options) => Path.Combine(options.DataFolder, FileName);
}

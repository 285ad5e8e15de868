using Fabric.Core;

namespace Fabric.Devices;

/// <summary>A device, a broker or the network between us and it broke: the one exception type of this project.</summary>
public sealed class DeviceException : FabricException
{
    /// <inheritdoc cref="FabricException(string, string, string, bool, Exception?)"/>
    public DeviceException(
        string code, string message, string where = "", bool isRetriable = false, Exception? innerException = null)
        : base(code, message, where, isRetriable, innerException)
    {
    }
}

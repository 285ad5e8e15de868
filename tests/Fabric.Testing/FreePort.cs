using System.Net;
using System.Net.Sockets;

namespace Fabric.Testing;

/// <summary>For what has to know its port before it listens.</summary>
public static class FreePort
{
    /// <summary>A port of 127.0.0.1 that nobody listened on just now.</summary>
    public static int Find()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}

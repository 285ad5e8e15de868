using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Fabric.EndToEnd.Bench.Publishing;

namespace Fabric.EndToEnd.Bench;

/// <summary>Configuration and twins of the fabric that is measured: what a plant would write, with a port of its own.</summary>
internal static class FabricSetup
{
    /// <summary>Writes <c>fabric.yaml</c> and <c>twins.yaml</c>.</summary>
    public static void Write(string folder, int mqttPort, BenchOptions options)
    {
        File.WriteAllText(Path.Combine(folder, "fabric.yaml"), $$"""
            fabric: bench
            node: edge
            data: ./data
            kafka: { bootstrap: embedded, listen: 127.0.0.1:{{FreePort()}} }
            registry: embedded
            twins: twins.yaml
            connectors:
              - name: plant
                kind: mqtt
                url: mqtt://127.0.0.1:{{mqttPort}}
                subscribe: [bench/+/+]
                qos: 1
                receiveMaximum: {{options.ReceiveMaximum}}
                topic: bench/{line}/{device}
                payload: { format: json, time: $.ts, timeUnit: us }
            topologies: [{ use: contextualize }]
            tables: { default: { flush: { every: {{options.FlushEvery}} } } }
            """);
        var twins = new StringBuilder("assets:\n");
        for (int device = 0; device < options.Devices; device++)
        {
            string name = PublishTemplates.DeviceName(device);
            twins.Append(CultureInfo.InvariantCulture, $"  - id: {name}\n    model: Machine\n    path: site/hall-1/{PublishTemplates.LineName(device)}/{name}\n    signals:\n");
            foreach (string signal in PlantSignals.Names)
            {
                twins.Append(CultureInfo.InvariantCulture, $"      {signal}: {"{"} points: [plant/{name}/{signal}] {"}"}\n");
            }
        }

        File.WriteAllText(Path.Combine(folder, "twins.yaml"), twins.ToString());
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}

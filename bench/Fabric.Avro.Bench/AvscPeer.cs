using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fabric.Avro.Bench;

/// <summary>avsc in a Node process, told line by line what to do, so that its rounds lie between ours.</summary>
internal sealed class AvscPeer : IDisposable
{
    private readonly Process _process;

    public AvscPeer(string schema, IEnumerable<byte[]> bodies)
    {
        _process = Process.Start(new ProcessStartInfo("node", RepositoryFolder.Find("tests", "judges", "avro-speed.mjs"))
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        })!;
        var first = new JsonObject
        {
            ["schema"] = JsonNode.Parse(schema),
            ["hexes"] = JsonSerializer.SerializeToNode(bodies.Select(Convert.ToHexStringLower)),
        };
        _process.StandardInput.WriteLine(first.ToJsonString());
    }

    /// <summary>CPU nanoseconds per value.</summary>
    public double Measure(string operation, int rounds)
    {
        _process.StandardInput.WriteLine($"{operation} {rounds}");
        string? line = _process.StandardOutput.ReadLine();
        return double.Parse(line ?? throw new InvalidOperationException(_process.StandardError.ReadToEnd()), CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit(5_000);
        _process.Dispose();
    }
}

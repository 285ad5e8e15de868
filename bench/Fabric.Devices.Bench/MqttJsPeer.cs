using System.Diagnostics;
using System.Globalization;
using Fabric.Schemas;

namespace Fabric.Devices.Bench;

/// <summary>mqtt.js in a Node process (tests/judges/mqtt-speed.mjs), told line by line when to listen.</summary>
internal sealed class MqttJsPeer : IDisposable
{
    private readonly Process _process;

    public MqttJsPeer(int port)
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Fabric.sln")))
        {
            at = at.Parent;
        }

        string script = Path.Combine(
            at?.FullName ?? throw new InvalidOperationException("No Fabric.sln above"), "tests", "judges", "mqtt-speed.mjs");
        _process = Process.Start(new ProcessStartInfo("node", [script, port.ToString(CultureInfo.InvariantCulture), "plant7/#"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false,
        })!;
        _process.StandardInput.WriteLine(Observation.Schema.ToJson());
    }

    /// <summary>Subscribes, runs the load, and asks what was received and what it cost.</summary>
    public async Task<Share> MeasureAsync(string mode, Func<Task> load)
    {
        await AskAsync(mode);
        await load();
        string[] parts = (await AskAsync("stop")).Split(' ');
        return new Share(
            long.Parse(parts[0], CultureInfo.InvariantCulture), double.Parse(parts[1], CultureInfo.InvariantCulture));
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(5_000))
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private async Task<string> AskAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        return await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The mqtt.js peer ended");
    }
}

using System.Globalization;
using System.Text;

namespace Fabric.EndToEnd.Bench.Publishing;

/// <summary>
/// The twenty values that a machine of the simulated plant sends together: sixteen measured ones that wander about a mean and come
/// with the decimals a sensor has, a speed and a counter as whole numbers, a flag, a word.
/// </summary>
internal sealed class PlantSignals
{
    /// <summary>Name, mean, step of the walk, decimals.</summary>
    private static readonly (string Name, double Mean, double Step, int Decimals)[] Measured =
    [
        ("flow", 41, 0.3, 1), ("pressure", 3.1, 0.02, 2), ("temperature_in", 18, 0.1, 1), ("temperature_out", 64, 0.2, 1),
        ("vibration_x", 0.021, 0.002, 4), ("vibration_y", 0.019, 0.002, 4), ("vibration_z", 0.032, 0.003, 4),
        ("current_l1", 11.4, 0.05, 2), ("current_l2", 11.2, 0.05, 2), ("current_l3", 11.6, 0.05, 2),
        ("voltage_l1", 231, 0.2, 1), ("voltage_l2", 230, 0.2, 1), ("voltage_l3", 229, 0.2, 1),
        ("power", 7.85, 0.03, 3), ("torque", 26, 0.15, 2), ("level", 72, 0.1, 1),
    ];

    private readonly Random _random;
    private readonly double[] _offsets = new double[Measured.Length];
    private long _energy;
    private bool _isRunning = true;

    public PlantSignals(Random random)
    {
        _random = random;
        _energy = random.NextInt64(1_000_000, 9_000_000);
    }

    public static IReadOnlyList<string> Names { get; } =
        [.. Measured.Select(signal => signal.Name), "speed", "energy", "running", "state"];

    /// <summary>Appends <c>"flow":41.2,"pressure":3.14,…</c>, the values of the next moment.</summary>
    public void WriteNext(StringBuilder json)
    {
        _isRunning = _random.Next(200) == 0 ? !_isRunning : _isRunning;
        for (int i = 0; i < Measured.Length; i++)
        {
            (string name, double mean, double step, int decimals) = Measured[i];
            _offsets[i] = (_offsets[i] * 0.98) + ((_random.NextDouble() - 0.5) * 2 * step);
            string value = (mean + _offsets[i]).ToString($"F{decimals}", CultureInfo.InvariantCulture);
            json.Append(CultureInfo.InvariantCulture, $"\"{name}\":{value},");
        }

        _energy += _random.Next(1, 5);
        int speed = _isRunning ? 1450 + _random.Next(-8, 9) : 0;
        json.Append(CultureInfo.InvariantCulture, $"\"speed\":{speed},\"energy\":{_energy},");
        json.Append(CultureInfo.InvariantCulture, $"\"running\":{(_isRunning ? "true" : "false")},\"state\":\"{(_isRunning ? "run" : "idle")}\"");
    }
}

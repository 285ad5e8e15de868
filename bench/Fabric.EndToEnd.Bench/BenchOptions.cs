using System.Globalization;

namespace Fabric.EndToEnd.Bench;

/// <summary>What is asked of the benchmark.</summary>
/// <param name="Rate">Samples per second that are offered; null: find what is sustained.</param>
/// <param name="Seconds">Length of the measured stretch.</param>
/// <param name="WarmUpSeconds">Load before it: code is compiled, files are warm, the first flush is over.</param>
/// <param name="Gateways">MQTT connections that publish; each speaks for its share of the devices.</param>
/// <param name="ReceiveMaximum">Messages that mosquitto may have on their way to the fabric unacknowledged: what one commit can carry.</param>
/// <param name="FlushEvery">The tables' flush interval, as the configuration writes it.</param>
/// <param name="KeepsFolder">Leave configuration, ledger, tables and output of the fabric for a look.</param>
/// <param name="ShowsThreads">Also print the fabric's CPU by thread name.</param>
internal sealed record BenchOptions(
    int? Rate, int Seconds, int WarmUpSeconds, int Devices, int Gateways, int ReceiveMaximum, string FlushEvery, bool KeepsFolder, bool ShowsThreads)
{
    public const string Usage =
        """
        [--rate SAMPLES_PER_SECOND|max] [--seconds 60] [--warm-up 15] [--devices 400] [--gateways 4] [--receive-maximum 1000]
        [--flush 10s] [--keep] [--threads]
        """;

    private const int RateOfTheGoal = 200_000;

    public static BenchOptions? Parse(string[] arguments, out string problem)
    {
        var options = new BenchOptions(RateOfTheGoal, 60, 15, 400, 4, 1000, "10s", false, false);
        problem = "";
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            if (name is "--keep" or "--threads")
            {
                options = name == "--keep" ? options with { KeepsFolder = true } : options with { ShowsThreads = true };
                continue;
            }

            string value = ++i < arguments.Length ? arguments[i] : "";
            bool isNumber = int.TryParse(value, CultureInfo.InvariantCulture, out int number) && number > 0;
            options = name switch
            {
                "--rate" when value == "max" => options with { Rate = null },
                "--rate" when isNumber => options with { Rate = number },
                "--seconds" when isNumber => options with { Seconds = number },
                "--warm-up" when isNumber => options with { WarmUpSeconds = number },
                "--devices" when isNumber => options with { Devices = number },
                "--gateways" when isNumber => options with { Gateways = number },
                "--receive-maximum" when isNumber => options with { ReceiveMaximum = number },
                "--flush" when value.Length > 0 => options with { FlushEvery = value },
                _ => null,
            };
            if (options is null)
            {
                problem = $"'{name} {value}' is not understood";
                return null;
            }
        }

        return options;
    }
}

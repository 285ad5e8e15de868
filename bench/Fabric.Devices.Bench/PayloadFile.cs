using System.Globalization;
using System.Text;

namespace Fabric.Devices.Bench;

/// <summary>
/// The load: lines of 100 bytes, a value with its time, quality and unit, and what gateways like to add. Values are a random walk
/// in two decimals, times are a second apart with jitter.
/// </summary>
internal static class PayloadFile
{
    public const string Topic = "plant7/line-1/press-0042/pressure";
    private const int Bytes = 100;

    public static string Write(string folder, int messages)
    {
        string path = Path.Combine(folder, "payloads.jsonl");
        var random = new Random(20260101);
        double level = 50;
        using var file = new StreamWriter(path, append: false, new UTF8Encoding(false));
        for (int i = 0; i < messages; i++)
        {
            level += random.NextDouble() - 0.5;
            string start = string.Create(
                CultureInfo.InvariantCulture,
                $"{{\"ts\":{1_767_225_600_000L + (i * 1_000L) + random.Next(5)},\"v\":{level:0.00},\"q\":\"good\",\"u\":\"bar\",\"seq\":{i},\"gw\":\"");
            file.Write(start + new string('x', Bytes - 2 - start.Length) + "\"}\n");
        }

        return path;
    }
}

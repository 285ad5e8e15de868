using System.Globalization;

namespace Fabric.Devices.Bench;

/// <summary>
/// Goal 6a: CPU time per message of a subscriber at QoS 0, 100-byte JSON payloads, from the socket to Avro bytes. Ours: the MQTT
/// source of the connector (client, payload mapping) and the encoder of <c>raw</c>, in this process. Theirs: mqtt.js, once only
/// counting messages, once parsing the JSON and encoding the same record with avsc. All on one mosquitto, in turns, each fed by
/// mosquitto_pub from a file: broker and publisher are processes of their own and count for nobody.
/// </summary>
internal static class SubscriberCpu
{
    private const int Rounds = 7;
    private const int WarmUps = 3;
    private const int Messages = 200_000;

    public static async Task<int> RunAsync(bool isOursAlone)
    {
        if (MosquittoBroker.MissingProgram is { } missing)
        {
            Console.WriteLine($"skipped: {missing} is not installed (make setup)");
            return 0;
        }

        DirectoryInfo folder = Directory.CreateTempSubdirectory("fabric-bench-mqtt-");
        string lines = PayloadFile.Write(folder.FullName, Messages);
        using (MosquittoBroker broker = await MosquittoBroker.StartAsync(folder.FullName))
        using (var ours = new FabricSubscriber(broker.Port))
        {
            if (isOursAlone)
            {
                await AloneAsync(ours, broker, lines);
            }
            else
            {
                using var theirs = new MqttJsPeer(broker.Port);
                await CompareAsync(ours, theirs, broker, lines);
            }
        }

        folder.Delete(recursive: true);
        return 0;
    }

    private static async Task AloneAsync(FabricSubscriber ours, MosquittoBroker broker, string lines)
    {
        for (int round = 0; round < WarmUps + Rounds; round++)
        {
            Console.WriteLine(await ours.MeasureAsync(() => broker.PublishAsync(lines, PayloadFile.Topic)));
        }
    }

    private static async Task CompareAsync(FabricSubscriber ours, MqttJsPeer theirs, MosquittoBroker broker, string lines)
    {
        Task Load() => broker.PublishAsync(lines, PayloadFile.Topic);
        List<(Share Ours, Share Counting, Share Encoding)> rounds = [];
        for (int round = 0; round < WarmUps + Rounds; round++)
        {
            (Share, Share, Share) all = (
                await ours.MeasureAsync(Load), await theirs.MeasureAsync("count", Load), await theirs.MeasureAsync("encode", Load));
            Console.WriteLine($"  ours {all.Item1}   mqtt.js counting {all.Item2}   mqtt.js to Avro {all.Item3}{(round < WarmUps ? "   (warm-up, discarded)" : "")}");
            rounds.Add(all);
        }

        rounds.RemoveRange(0, WarmUps);
        Tell("6a ours/mqtt.js that only counts", rounds.Select(r => r.Counting.Microseconds / r.Ours.Microseconds));
        Tell("6a ours/mqtt.js that encodes with avsc", rounds.Select(r => r.Encoding.Microseconds / r.Ours.Microseconds));
    }

    private static void Tell(string what, IEnumerable<double> ratios)
    {
        double[] sorted = [.. ratios.Order()];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: 1/{sorted[sorted.Length / 2]:0.0} (1/{sorted[0]:0.0} to 1/{sorted[^1]:0.0}), goal 1/8"));
    }
}

/// <summary>What one round of one subscriber cost.</summary>
internal readonly record struct Share(long Messages, double CpuMicroseconds)
{
    public double Microseconds => CpuMicroseconds / Messages;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Microseconds:0.00} us/message ({Messages})");
}

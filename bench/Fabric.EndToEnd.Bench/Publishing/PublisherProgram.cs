using System.Globalization;

namespace Fabric.EndToEnd.Bench.Publishing;

/// <summary>
/// The publisher as a process of its own, so that its share of the cores is known. Says <c>TIME SENT ACKNOWLEDGED</c> four times a
/// second (microseconds, messages, messages); a line on its input ends it: it waits for what is on its way and writes the ledger.
/// </summary>
internal static class PublisherProgram
{
    public const string Word = "publish";

    private const int TickMs = 2;
    private const int Seed = 20_250;
    private static readonly TimeSpan ReportEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan AcknowledgedMax = TimeSpan.FromSeconds(30);

    /// <param name="arguments">Port, messages per second, devices, gateways, folder for <c>ledger.csv</c> and <c>templates.jsonl</c>.</param>
    public static int Run(string[] arguments)
    {
        int[] numbers = [.. arguments[..4].Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
        (int port, int rate, int devices, int gatewayCount) = (numbers[0], numbers[1], numbers[2], numbers[3]);
        string folder = arguments[4];
        PublishTemplates templates;
        using (var listing = new StreamWriter(Path.Combine(folder, "templates.jsonl")))
        {
            templates = PublishTemplates.Create(devices, Seed, listing);
        }

        var ledger = new List<(int Template, long TimeMicros)>(1 << 20);
        Gateway[] gateways = [.. Enumerable.Range(0, gatewayCount).Select(number => new Gateway(templates, port, number, ledger))];
        bool isComplete = Publish(templates, gateways, rate, ledger);
        using (var file = new StreamWriter(Path.Combine(folder, "ledger.csv")))
        {
            file.WriteLine("template,ts");
            foreach ((int template, long timeMicros) in ledger)
            {
                file.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{template},{timeMicros}"));
            }
        }

        Array.ForEach(gateways, gateway => gateway.Dispose());
        return isComplete ? 0 : 1;
    }

    private static bool Publish(
        PublishTemplates templates, Gateway[] gateways, int rate, List<(int Template, long TimeMicros)> ledger)
    {
        Task<string?> stop = Task.Run(Console.In.ReadLine);
        TimeProvider clock = TimeProvider.System;
        long startedAt = clock.GetTimestamp(), reportedAt = startedAt;
        long sent = 0, lastMicros = 0;
        while (!stop.IsCompleted)
        {
            long due = (long)(clock.GetElapsedTime(startedAt).TotalSeconds * rate);
            long nowMicros = NowMicros(clock);
            for (bool hasRoom = true; sent < due && hasRoom;)
            {
                // Every message has a time of its own, by which it is found again.
                long timeMicros = Math.Max(nowMicros, lastMicros + 1);
                int device = (int)(sent % templates.Devices);
                int template = (device * PublishTemplates.Moments) + (int)(sent / templates.Devices % PublishTemplates.Moments);
                hasRoom = gateways[device % gateways.Length].TryAdd(template, timeMicros);
                sent += hasRoom ? 1 : 0;
                lastMicros = hasRoom ? timeMicros : lastMicros;
            }

            Array.ForEach(gateways, gateway => gateway.Exchange());
            if (clock.GetElapsedTime(reportedAt) >= ReportEvery)
            {
                reportedAt = clock.GetTimestamp();
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{NowMicros(clock)} {sent} {ledger.Count}"));
            }

            Thread.Sleep(TickMs);
        }

        long stoppedAt = clock.GetTimestamp();
        while (gateways.Any(gateway => gateway.InFlight > 0) && clock.GetElapsedTime(stoppedAt) < AcknowledgedMax)
        {
            Array.ForEach(gateways, gateway => gateway.Exchange());
            Thread.Sleep(TickMs);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{NowMicros(clock)} {sent} {ledger.Count}"));
        return gateways.All(gateway => gateway.InFlight == 0);
    }

    private static long NowMicros(TimeProvider clock) =>
        (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}

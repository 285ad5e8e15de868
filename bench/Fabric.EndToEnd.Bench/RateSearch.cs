namespace Fabric.EndToEnd.Bench;

/// <summary>One rate, or the highest that is sustained.</summary>
internal static class RateSearch
{
    private const int RunsMax = 6;
    private const int FirstRate = 200_000;
    private const int Step = 10_000;

    public static async Task<int> OnceAsync(BenchOptions options, int rate)
    {
        RunReport report = await new EndToEndRun(options, rate).RunAsync();
        report.Print(options.ShowsThreads);
        return report.IsExact ? 0 : 1;
    }

    /// <summary>Doubles or halves from the goal until one rate is sustained and one is not, then halves the stretch between.</summary>
    public static async Task<int> SearchAsync(BenchOptions options)
    {
        int sustained = 0, missed = 0, rate = FirstRate;
        for (int run = 0; run < RunsMax && (missed == 0 || missed - sustained > Step); run++)
        {
            RunReport report = await new EndToEndRun(options, rate).RunAsync();
            report.Print(options.ShowsThreads);
            if (!report.IsExact)
            {
                return 1;
            }

            (sustained, missed) = report.IsSustained ? (rate, missed) : (sustained, rate);
            rate = (missed == 0 ? sustained * 2 : (sustained + missed) / 2) / Step * Step;
        }

        Console.WriteLine($"sustained: {sustained:N0} samples/s; not sustained: {(missed == 0 ? "none tried" : missed.ToString("N0"))}");
        return 0;
    }
}

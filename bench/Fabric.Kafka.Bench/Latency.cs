namespace Fabric.Kafka.Bench;

/// <summary>The median time of an operation done many times, in microseconds.</summary>
internal static class Latency
{
    public static double MedianMicroseconds(int times, Action operation)
    {
        List<double> taken = new(times);
        for (int i = 0; i < times; i++)
        {
            long startedAt = TimeProvider.System.GetTimestamp();
            operation();
            taken.Add(TimeProvider.System.GetElapsedTime(startedAt).TotalMicroseconds);
        }

        return Comparison.Median(taken);
    }
}

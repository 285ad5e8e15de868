namespace Fabric.Lakehouse.Sink;

/// <summary>
/// How old rows are when they become visible in a table: from the connector's receipt to the commit, one value a record, in a
/// histogram with buckets of 5 % width.
/// </summary>
/// <remarks>Thread-safe.</remarks>
public sealed class Freshness
{
    private const double Growth = 1.05;
    private const int Buckets = 400; // 1.05^400 ms is nine years

    private readonly Lock _lock = new();
    private readonly Dictionary<string, long[]> _byTable = new(StringComparer.Ordinal);

    /// <summary>Adds the age of one record.</summary>
    public void Add(string table, TimeSpan age)
    {
        int bucket = age.TotalMilliseconds <= 1 ? 0 : (int)(Math.Log(age.TotalMilliseconds) / Math.Log(Growth)) + 1;
        lock (_lock)
        {
            if (!_byTable.TryGetValue(table, out long[]? counts))
            {
                _byTable[table] = counts = new long[Buckets];
            }

            counts[Math.Min(bucket, Buckets - 1)]++;
        }
    }

    /// <summary>The age that the given share of records did not exceed; null when there are none.</summary>
    /// <param name="quantile">0..1.</param>
    public TimeSpan? Quantile(string table, double quantile)
    {
        lock (_lock)
        {
            if (!_byTable.TryGetValue(table, out long[]? counts) || counts.Sum() is var total && total == 0)
            {
                return null;
            }

            long wanted = (long)Math.Ceiling(quantile * counts.Sum());
            int bucket = 0;
            for (long seen = counts[0]; seen < wanted; seen += counts[bucket])
            {
                bucket++;
            }

            return TimeSpan.FromMilliseconds(Math.Pow(Growth, bucket));
        }
    }
}

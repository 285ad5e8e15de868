namespace Fabric.Kafka.Transactions;

/// <summary>Limits and times of the transaction coordinator; the names of Kafka's own settings are in the remarks of each.</summary>
internal sealed record TransactionOptions
{
    /// <summary>Longest timeout a producer may ask for. Default 15 minutes.</summary>
    /// <remarks><c>transaction.max.timeout.ms</c></remarks>
    public TimeSpan TimeoutMax { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long an idle transactional id is remembered. Default 7 days.</summary>
    /// <remarks><c>transactional.id.expiration.ms</c></remarks>
    public TimeSpan IdExpiration { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How often idle transactional ids are looked for. Default 1 hour.</summary>
    /// <remarks><c>transaction.remove.expired.transaction.cleanup.interval.ms</c></remarks>
    public TimeSpan ExpiryCheckInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How long a request that starts the next transaction waits for the end of the last, before it is answered
    /// CONCURRENT_TRANSACTIONS. Default 1 s; zero answers at once, as Kafka does.
    /// </summary>
    /// <remarks>
    /// EndTxn is answered when the outcome is durable, and markers follow. Clients often ask for more within that millisecond;
    /// told to come again, librdkafka waits 20 ms.
    /// </remarks>
    public TimeSpan ConcurrentWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long to wait after the disk refused a marker, before it is tried again. Default 200 ms.</summary>
    public TimeSpan MarkerRetry { get; init; } = TimeSpan.FromMilliseconds(200);
}

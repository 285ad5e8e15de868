namespace Fabric.Kafka.Broker;

/// <summary>Bounds that are checked before memory is taken or work is begun.</summary>
public sealed record BrokerLimits
{
    /// <summary>Largest request accepted, in bytes (1 KiB to 1 GiB; default 100 MiB, Kafka's <c>socket.request.max.bytes</c>).</summary>
    public int RequestBytesMax { get; init; } = 100 * 1024 * 1024;

    /// <summary>Requests of all connections held in memory, in bytes (at least <see cref="RequestBytesMax"/>; default 512 MiB).</summary>
    public long QueuedRequestBytesMax { get; init; } = 512L * 1024 * 1024;

    /// <summary>Connections open at once (at least 1; default 2,000). Further ones are closed at once.</summary>
    public int ConnectionsMax { get; init; } = 2_000;

    /// <summary>Requests of one connection that wait for their answer (1 to 10,000; default 256). Then nothing more is read from it.</summary>
    public int InFlightRequestsMax { get; init; } = 256;

    /// <summary>A connection that asked nothing and is owed nothing for this long is closed (at least 1 s; default 10 min).</summary>
    public TimeSpan IdleTime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>A TLS handshake that takes longer is given up (at least 100 ms; default 10 s).</summary>
    public TimeSpan HandshakeTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Largest fetch response, in bytes (1 KiB to 1 GiB; default 55 MiB, Kafka's <c>fetch.max.bytes</c>). One batch is always sent.</summary>
    public int FetchBytesMax { get; init; } = 55 * 1024 * 1024;

    /// <summary>Partitions of all topics (at least 1; default 10,000). Each holds files open.</summary>
    public int PartitionsMax { get; init; } = 10_000;

    /// <summary>What is wrong, one line each; empty when everything is in range.</summary>
    internal IEnumerable<string> Problems()
    {
        const int KiB = 1024;
        const int GiB = 1024 * 1024 * 1024;
        if (RequestBytesMax is < KiB or > GiB)
        {
            yield return $"{nameof(RequestBytesMax)} must be between {KiB} and {GiB}, found {RequestBytesMax}";
        }

        if (QueuedRequestBytesMax < RequestBytesMax)
        {
            yield return $"{nameof(QueuedRequestBytesMax)} must be at least {RequestBytesMax}, found {QueuedRequestBytesMax}";
        }

        if (ConnectionsMax < 1)
        {
            yield return $"{nameof(ConnectionsMax)} must be at least 1, found {ConnectionsMax}";
        }

        if (InFlightRequestsMax is < 1 or > 10_000)
        {
            yield return $"{nameof(InFlightRequestsMax)} must be between 1 and 10000, found {InFlightRequestsMax}";
        }

        if (IdleTime < TimeSpan.FromSeconds(1))
        {
            yield return $"{nameof(IdleTime)} must be at least 1 s, found {IdleTime}";
        }

        if (HandshakeTime < TimeSpan.FromMilliseconds(100))
        {
            yield return $"{nameof(HandshakeTime)} must be at least 100 ms, found {HandshakeTime}";
        }

        if (FetchBytesMax is < KiB or > GiB)
        {
            yield return $"{nameof(FetchBytesMax)} must be between {KiB} and {GiB}, found {FetchBytesMax}";
        }

        if (PartitionsMax < 1)
        {
            yield return $"{nameof(PartitionsMax)} must be at least 1, found {PartitionsMax}";
        }
    }
}

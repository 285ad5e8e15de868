namespace Fabric.Streams;

/// <summary>
/// Tumbling windows of event time: [0, size), [size, 2 size) and so on from 1970-01-01T00:00:00Z. A window closes when the
/// watermark passes its end and the grace period, or by wall clock when its devices have fallen silent. What comes later
/// changes nothing and goes to the late records.
/// </summary>
/// <remarks>
/// The watermark is per key and device (<see cref="ITimeWindowedKStream{K,V}.WithWatermarkBy"/>): the least, over the
/// devices of the key that are not silent, of the greatest event time seen from each. A fast device never closes the
/// windows of a slow one, and results do not depend on how partitions are interleaved.
/// </remarks>
public sealed record TimeWindows
{
    private TimeWindows(TimeSpan size, TimeSpan grace)
    {
        if (size < TimeSpan.FromMilliseconds(1) || grace < TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(
                nameof(size), $"A window needs a size of at least 1 ms and a grace of 0 or more: {size}, {grace}");
        }

        Size = size;
        Grace = grace;
    }

    /// <summary>At least 1 ms; whole milliseconds count.</summary>
    public TimeSpan Size { get; }

    /// <summary>How late a record may come, in event time, and still revise its window.</summary>
    public TimeSpan Grace { get; }

    /// <summary>
    /// A device from which nothing came for so long, by wall clock, no longer holds windows open. When all of a key's
    /// devices are silent, its windows close once the wall clock, too, has passed their end and grace. Default 1 minute.
    /// </summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long, by wall clock, a key without open windows is remembered, so that what comes late is recognised as late.
    /// Default 1 day.
    /// </summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(1);

    public static TimeWindows OfSizeWithNoGrace(TimeSpan size) => new(size, TimeSpan.Zero);

    public static TimeWindows OfSizeAndGrace(TimeSpan size, TimeSpan grace) => new(size, grace);
}

/// <summary>When a windowed aggregation says what it knows.</summary>
public enum EmitStrategy
{
    /// <summary>At each record, and when the window closes.</summary>
    OnUpdate,

    /// <summary>When the watermark passes the window's end, at each late record after that, and when it closes.</summary>
    OnWindowEnd,

    /// <summary>Once, when the window closes.</summary>
    OnWindowClose,
}

/// <summary>What an aggregator may know of the window it adds to.</summary>
/// <param name="StartMs">Inclusive, milliseconds since 1970-01-01T00:00:00Z.</param>
/// <param name="EndMs">Exclusive.</param>
/// <param name="Revision">Results of this window that were emitted before.</param>
/// <param name="WatermarkMs">Of the key, this record included.</param>
/// <param name="Completeness">Complete when this record comes after the window's end, within the grace period.</param>
public readonly record struct WindowContext(
    long StartMs, long EndMs, int Revision, long WatermarkMs, Completeness Completeness);

using Fabric.Core;
using Fabric.Kafka.Clients;

namespace Fabric.Streams;

/// <summary>Where a record was read. A record made by a punctuator or by closing a window has none.</summary>
/// <param name="Partition">Topic and partition; its topic is null when there is no origin.</param>
/// <param name="Offset">Offset within the partition; -1 when there is no origin.</param>
public readonly record struct RecordOrigin(TopicPartition Partition, long Offset)
{
    /// <summary>Made by the topology itself.</summary>
    public static RecordOrigin None => new(default, -1);

    public bool IsKnown => Partition.Topic is not null;
}

/// <summary>
/// What flows through a topology: key, value, event time, headers and where it came from. A value type: passing it on costs
/// no allocation.
/// </summary>
public readonly struct Record<K, V>
{
    private static readonly IReadOnlyList<RecordHeader> NoHeaders = [];

    /// <param name="timestampMs">Event time, milliseconds since 1970-01-01T00:00:00Z; not negative.</param>
    public Record(
        K key, V value, long timestampMs, IReadOnlyList<RecordHeader>? headers = null, RecordOrigin? origin = null)
        : this(key, key is not null, value, value is not null, timestampMs, headers ?? NoHeaders, origin ?? RecordOrigin.None)
    {
    }

    internal Record(
        K key, bool hasKey, V value, bool hasValue, long timestampMs, IReadOnlyList<RecordHeader> headers,
        RecordOrigin origin)
    {
        Key = key;
        HasKey = hasKey;
        Value = value;
        HasValue = hasValue;
        TimestampMs = timestampMs;
        Headers = headers;
        Origin = origin;
    }

    /// <summary>Default of the type when <see cref="HasKey"/> is false.</summary>
    public K Key { get; }

    public bool HasKey { get; }

    /// <summary>Default of the type when <see cref="HasValue"/> is false.</summary>
    public V Value { get; }

    /// <summary>False for a tombstone, which deletes the key from tables.</summary>
    public bool HasValue { get; }

    /// <summary>Event time, milliseconds since 1970-01-01T00:00:00Z.</summary>
    public long TimestampMs { get; }

    public IReadOnlyList<RecordHeader> Headers { get; }

    /// <summary>The record this one was made from, as read from Kafka.</summary>
    public RecordOrigin Origin { get; }

    public Record<K2, V> WithKey<K2>(K2 key) => new(key, key is not null, Value, HasValue, TimestampMs, Headers, Origin);

    public Record<K, V2> WithValue<V2>(V2 value) =>
        new(Key, HasKey, value, value is not null, TimestampMs, Headers, Origin);

    public Record<K2, V2> With<K2, V2>(K2 key, V2 value) =>
        new(key, key is not null, value, value is not null, TimestampMs, Headers, Origin);

    public Record<K, V> WithTimestamp(long timestampMs) =>
        new(Key, HasKey, Value, HasValue, timestampMs, Headers, Origin);

    public Record<K, V> WithHeaders(IReadOnlyList<RecordHeader> headers) =>
        new(Key, HasKey, Value, HasValue, TimestampMs, headers, Origin);

    /// <summary>The same key deleted.</summary>
    public Record<K, V2> AsTombstone<V2>() => new(Key, HasKey, default!, false, TimestampMs, Headers, Origin);
}

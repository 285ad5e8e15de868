namespace Fabric.Streams;

/// <summary>How a topic is read.</summary>
public sealed record Consumed<K, V>
{
    /// <summary>Null: the built-in serde of the type.</summary>
    public ISerde<K>? KeySerde { get; init; }

    /// <summary>Null: the built-in serde of the type.</summary>
    public ISerde<V>? ValueSerde { get; init; }

    /// <summary>Event time from the record, milliseconds since 1970; null: the timestamp it bears in Kafka.</summary>
    public Func<Record<K, V>, long>? TimestampExtractor { get; init; }

    /// <summary>Name of the step; null for a generated one.</summary>
    public string? Name { get; init; }
}

/// <summary>Ways to say how a topic is read.</summary>
public static class Consumed
{
    public static Consumed<K, V> With<K, V>(ISerde<K> keySerde, ISerde<V> valueSerde) =>
        new() { KeySerde = keySerde, ValueSerde = valueSerde };
}

/// <summary>How a topic is written.</summary>
public sealed record Produced<K, V>
{
    public ISerde<K>? KeySerde { get; init; }

    public ISerde<V>? ValueSerde { get; init; }

    /// <summary>Partition from topic, record and partition count; null: murmur2 of the key.</summary>
    public Func<string, Record<K, V>, int, int>? Partitioner { get; init; }

    public string? Name { get; init; }
}

/// <summary>Ways to say how a topic is written.</summary>
public static class Produced
{
    public static Produced<K, V> With<K, V>(ISerde<K> keySerde, ISerde<V> valueSerde) =>
        new() { KeySerde = keySerde, ValueSerde = valueSerde };
}

/// <summary>How a stream is grouped, and sent through a topic of its own when its key has changed.</summary>
public sealed record Grouped<K, V>
{
    public ISerde<K>? KeySerde { get; init; }

    public ISerde<V>? ValueSerde { get; init; }

    /// <summary>Part of the repartition topic's name. Give one: a generated name changes with the topology.</summary>
    public string? Name { get; init; }

    /// <summary>Partitions of the repartition topic; null: as many as the source has.</summary>
    public int? Partitions { get; init; }
}

/// <summary>Ways to say how a stream is grouped.</summary>
public static class Grouped
{
    public static Grouped<K, V> With<K, V>(string name, ISerde<K> keySerde, ISerde<V> valueSerde) =>
        new() { Name = name, KeySerde = keySerde, ValueSerde = valueSerde };
}

/// <summary>How state is kept.</summary>
public sealed record Materialized<K, V>
{
    /// <summary>Name of the store, and part of its changelog topic's. Give one: a generated name changes with the topology.</summary>
    public string? StoreName { get; init; }

    public ISerde<K>? KeySerde { get; init; }

    public ISerde<V>? ValueSerde { get; init; }

    /// <summary>False: the state is lost with the task.</summary>
    public bool IsLogged { get; init; } = true;
}

/// <summary>Ways to say how state is kept.</summary>
public static class Materialized
{
    public static Materialized<K, V> As<K, V>(string storeName, ISerde<K>? keySerde = null, ISerde<V>? valueSerde = null) =>
        new() { StoreName = storeName, KeySerde = keySerde, ValueSerde = valueSerde };
}

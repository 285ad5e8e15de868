namespace Fabric.Streams;

/// <summary>A stream grouped by key. Records without key or value are counted as dropped.</summary>
public interface IKGroupedStream<K, V>
{
    IKTable<K, long> Count(Materialized<K, long>? materialized = null);

    /// <summary>The first value stands as it is; each further one is combined with what is there.</summary>
    IKTable<K, V> Reduce(Func<V, V, V> reducer, Materialized<K, V>? materialized = null);

    /// <param name="aggregator">Key, value, aggregate so far; returns a new aggregate, null to delete. Must not change the old one in place.</param>
    IKTable<K, A> Aggregate<A>(Func<A> initializer, Func<K, V, A, A> aggregator, Materialized<K, A>? materialized = null);

    /// <summary>As the other, with sight of event time, headers and origin.</summary>
    IKTable<K, A> Aggregate<A>(Func<A> initializer, Func<Record<K, V>, A, A> aggregator, Materialized<K, A>? materialized = null);

    ITimeWindowedKStream<K, V> WindowedBy(TimeWindows windows);
}

/// <summary>A grouped stream cut into tumbling windows of event time.</summary>
public interface ITimeWindowedKStream<K, V>
{
    /// <summary>The default is <see cref="EmitStrategy.OnUpdate"/>.</summary>
    ITimeWindowedKStream<K, V> EmitStrategy(EmitStrategy strategy);

    /// <summary>
    /// Whose clock a record follows, when several devices feed one key: windows wait for the slowest that is not silent.
    /// Without it the key is taken for one device.
    /// </summary>
    ITimeWindowedKStream<K, V> WithWatermarkBy(Func<Record<K, V>, string> deviceOf);

    /// <summary>Writes records that come after their window closed to a topic. Late records are counted in any case.</summary>
    ITimeWindowedKStream<K, V> LateRecordsTo(string topic, Produced<K, V>? produced = null);

    IKTable<Windowed<K>, long> Count(Materialized<K, long>? materialized = null);

    IKTable<Windowed<K>, V> Reduce(Func<V, V, V> reducer, Materialized<K, V>? materialized = null);

    IKTable<Windowed<K>, A> Aggregate<A>(
        Func<A> initializer, Func<K, V, A, A> aggregator, Materialized<K, A>? materialized = null);

    /// <summary>As the other, with sight of the record and of the window it falls in.</summary>
    IKTable<Windowed<K>, A> Aggregate<A>(
        Func<A> initializer, Func<Record<K, V>, WindowContext, A, A> aggregator, Materialized<K, A>? materialized = null);
}

namespace Fabric.Streams;

/// <summary>A stream of records. Each operator adds a step to the topology and returns what comes out of it.</summary>
/// <remarks>
/// Functions are called by the threads of all tasks and must be thread-safe or stateless. What they throw sends the record
/// to quarantine. A tombstone reaches functions as the default of the value type.
/// </remarks>
public interface IKStream<K, V>
{
    IKStream<K, V> Filter(Func<K, V, bool> predicate, string? name = null);

    IKStream<K, V> FilterNot(Func<K, V, bool> predicate, string? name = null);

    /// <summary>A new key and value for each record. What groups or joins after it goes through a topic of its own.</summary>
    IKStream<K2, V2> Map<K2, V2>(Func<K, V, KeyValuePair<K2, V2>> mapper, string? name = null);

    /// <summary>As <see cref="Map{K2,V2}"/>, with sight of event time, headers and origin.</summary>
    IKStream<K2, V2> MapRecord<K2, V2>(Func<Record<K, V>, Record<K2, V2>> mapper, string? name = null);

    IKStream<K, V2> MapValues<V2>(Func<V, V2> mapper, string? name = null);

    IKStream<K, V2> MapValues<V2>(Func<K, V, V2> mapper, string? name = null);

    IKStream<K2, V2> FlatMap<K2, V2>(Func<K, V, IEnumerable<KeyValuePair<K2, V2>>> mapper, string? name = null);

    IKStream<K, V2> FlatMapValues<V2>(Func<V, IEnumerable<V2>> mapper, string? name = null);

    IKStream<K2, V> SelectKey<K2>(Func<K, V, K2> selector, string? name = null);

    /// <summary>Looks at each record and passes it on.</summary>
    IKStream<K, V> Peek(Action<K, V> action, string? name = null);

    void ForEach(Action<K, V> action, string? name = null);

    IKStream<K, V> Merge(IKStream<K, V> other, string? name = null);

    /// <summary>One stream per predicate; a record goes to the first that holds, or nowhere.</summary>
    IReadOnlyList<IKStream<K, V>> Branch(params IReadOnlyList<Func<K, V, bool>> predicates);

    /// <summary>Branches by name.</summary>
    IBranchedKStream<K, V> Split(string? name = null);

    /// <summary>A step of the user's own.</summary>
    /// <param name="supplier">Called once per task; returns a new processor each time.</param>
    /// <param name="stores">Stores it uses, added with <see cref="StreamBuilder.AddStateStore"/>.</param>
    IKStream<K2, V2> Process<K2, V2>(
        Func<IProcessor<K, V, K2, V2>> supplier, IReadOnlyCollection<string>? stores = null, string? name = null);

    /// <summary>Sends everything through a topic of its own, so that records of one key meet in one task.</summary>
    IKStream<K, V> Repartition(Grouped<K, V>? repartitioned = null);

    /// <summary>Writes to a topic that somebody else made, and reads it again.</summary>
    IKStream<K, V> Through(string topic, Produced<K, V>? produced = null);

    void To(string topic, Produced<K, V>? produced = null);

    /// <summary>The topic is chosen per record; serdes must be given or built in.</summary>
    void To(Func<Record<K, V>, string> topicOf, Produced<K, V>? produced = null);

    /// <summary>A table of the latest value per key.</summary>
    IKTable<K, V> ToTable(Materialized<K, V>? materialized = null);

    IKGroupedStream<K, V> GroupByKey(Grouped<K, V>? grouped = null);

    IKGroupedStream<K2, V> GroupBy<K2>(Func<K, V, K2> selector, Grouped<K2, V>? grouped = null);

    /// <summary>Each record with the table's value of its key at that moment; records without one are dropped.</summary>
    IKStream<K, VR> Join<VT, VR>(IKTable<K, VT> table, Func<V, VT, VR> joiner, Grouped<K, V>? repartitioned = null);

    /// <summary>As <see cref="Join{VT,VR}(IKTable{K,VT},Func{V,VT,VR},Grouped{K,V}?)"/>; without a value the joiner sees the type's default.</summary>
    IKStream<K, VR> LeftJoin<VT, VR>(IKTable<K, VT> table, Func<V, VT?, VR> joiner, Grouped<K, V>? repartitioned = null);

    /// <summary>As the other joins, against a table that every instance holds whole: no repartitioning, any key.</summary>
    IKStream<K, VR> Join<KG, VG, VR>(
        IGlobalKTable<KG, VG> table, Func<K, V, KG> keySelector, Func<V, VG, VR> joiner, string? name = null);

    IKStream<K, VR> LeftJoin<KG, VG, VR>(
        IGlobalKTable<KG, VG> table, Func<K, V, KG> keySelector, Func<V, VG?, VR> joiner, string? name = null);
}

/// <summary>A stream being split: each record goes to the first branch whose predicate holds.</summary>
public interface IBranchedKStream<K, V>
{
    IBranchedKStream<K, V> Branch(Func<K, V, bool> predicate, string name);

    /// <summary>Ends the split with a branch for what is left.</summary>
    IReadOnlyDictionary<string, IKStream<K, V>> DefaultBranch(string name);

    /// <summary>Ends the split; what is left is dropped.</summary>
    IReadOnlyDictionary<string, IKStream<K, V>> NoDefaultBranch();
}

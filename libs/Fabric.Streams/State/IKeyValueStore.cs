using System.Diagnostics.CodeAnalysis;

namespace Fabric.Streams;

/// <summary>State of one task, kept in memory and in a changelog topic.</summary>
public interface IStateStore
{
    string Name { get; }
}

/// <summary>Reads of keyed state. Not thread-safe: it belongs to its task.</summary>
public interface IReadOnlyKeyValueStore<K, V> : IStateStore
{
    /// <summary>Keys present.</summary>
    long Count { get; }

    bool TryGet(K key, [MaybeNullWhen(false)] out V value);

    /// <summary>All entries, in no particular order. The store must not be changed meanwhile.</summary>
    IEnumerable<KeyValuePair<K, V>> All();
}

/// <summary>
/// Keyed state. What a record changed is undone when its processing throws; for that, and for exactly-once, values are
/// treated as immutable: put a new value instead of changing one in place.
/// </summary>
public interface IKeyValueStore<K, V> : IReadOnlyKeyValueStore<K, V>
{
    /// <summary>Null deletes.</summary>
    void Put(K key, V value);

    /// <summary>False when the key is there already, which leaves its value.</summary>
    bool PutIfAbsent(K key, V value);

    /// <summary>False when the key was not there.</summary>
    bool Delete(K key);
}

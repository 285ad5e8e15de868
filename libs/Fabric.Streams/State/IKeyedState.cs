using System.Diagnostics.CodeAnalysis;

namespace Fabric.Streams.State;

/// <summary>Keyed state as the operators of the DSL use it: entries bear a timestamp. The key need not be declared non-null.</summary>
internal interface IKeyedState<K, V> : ITableLookup<K, V>
{
    bool TryGet(K key, [MaybeNullWhen(false)] out V value, out long timestampMs);

    void Put(K key, V value, long timestampMs);

    bool Delete(K key, long timestampMs);
}

/// <summary>The value of a table at this moment, whether it is kept or computed from one that is.</summary>
internal interface ITableLookup<K, V>
{
    bool TryGet(K key, [MaybeNullWhen(false)] out V value);
}

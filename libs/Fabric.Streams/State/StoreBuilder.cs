namespace Fabric.Streams;

/// <summary>How a state store is made, once per task.</summary>
public abstract class StoreBuilder
{
    private protected StoreBuilder(string name, bool isLogged)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
        IsLogged = isLogged;
    }

    public string Name { get; }

    /// <summary>Whether a changelog topic backs it (the default).</summary>
    public bool IsLogged { get; }

    internal abstract State.StateStore Build();
}

/// <summary>The kinds of stores a processor may ask for.</summary>
public static class StateStores
{
    /// <summary>Keyed state in memory, restored from its changelog.</summary>
    public static StoreBuilder InMemoryKeyValue<K, V>(
        string name, ISerde<K> keySerde, ISerde<V> valueSerde, bool isLogged = true) => new KeyValueStoreBuilder<K, V>(name, keySerde, valueSerde, isLogged);

    internal sealed class KeyValueStoreBuilder<K, V>(
        string name, ISerde<K> keySerde, ISerde<V> valueSerde, bool isLogged) : StoreBuilder(name, isLogged)
    {
        internal override State.StateStore Build() =>
            new State.InMemoryKeyValueStore<K, V>(Name, keySerde, valueSerde, IsLogged);
    }

    internal sealed class WindowStoreBuilder<K, A>(string name, ISerde<K> keySerde, ISerde<A> aggregateSerde, bool isLogged)
        : StoreBuilder(name, isLogged)
    {
        internal override State.StateStore Build() =>
            new State.WindowStore<K, A>(Name, keySerde, aggregateSerde, IsLogged);
    }
}

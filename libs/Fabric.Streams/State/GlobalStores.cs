#pragma warning disable CS8714 // Key types are not declared non-null: a record without a key never reaches a store.
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Fabric.Streams.State;

/// <summary>The global tables of one instance: written by one thread, read by all tasks.</summary>
internal sealed class GlobalStores(IEnumerable<GlobalStore> stores)
{
    private readonly Dictionary<string, GlobalStore> _byName =
        stores.ToDictionary(store => store.Name, StringComparer.Ordinal);

    public IEnumerable<GlobalStore> All => _byName.Values;

    public GlobalStore Get(string name) => _byName[name];

    public GlobalStore? Find(string name) => _byName.GetValueOrDefault(name);
}

internal abstract class GlobalStore(string name) : IStateStore
{
    public string Name { get; } = name;

    public abstract long Entries { get; }

    public abstract void Update(byte[] key, byte[]? value, string topic);

    public abstract void Clear();
}

internal sealed class GlobalStore<K, V>(string name, ISerde<K> keySerde, ISerde<V> valueSerde)
    : GlobalStore(name), IReadOnlyKeyValueStore<K, V>, ITableLookup<K, V>
{
    private readonly ConcurrentDictionary<K, V> _entries = new(Comparers.Of<K>());

    public override long Entries => _entries.Count;

    public long Count => _entries.Count;

    public override void Update(byte[] key, byte[]? value, string topic)
    {
        K decoded = keySerde.Read(key, new SerdeContext(topic, true));
        if (value is null)
        {
            _entries.TryRemove(decoded, out _);
        }
        else
        {
            _entries[decoded] = valueSerde.Read(value, new SerdeContext(topic, false));
        }
    }

    public override void Clear() => _entries.Clear();

    public bool TryGet(K key, [MaybeNullWhen(false)] out V value) => _entries.TryGetValue(key, out value);

    public IEnumerable<KeyValuePair<K, V>> All() => _entries;
}

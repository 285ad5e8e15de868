using System.Diagnostics.CodeAnalysis;
using Fabric.Streams.State;

namespace Fabric.Streams.Testing;

internal sealed class WindowStoreView<K, A>(WindowStore<K, A> store, long sizeMs) : IReadOnlyKeyValueStore<Windowed<K>, A>
{
    public string Name => store.Name;

    public long Count => All().LongCount();

    public bool TryGet(Windowed<K> key, [MaybeNullWhen(false)] out A value) =>
        new Dsl.WindowLookup<K, A>(store).TryGet(key, out value);

    public IEnumerable<KeyValuePair<Windowed<K>, A>> All() =>
        from entry in store.All
        from window in entry.Value.Windows
        select new KeyValuePair<Windowed<K>, A>(
            new Windowed<K>(entry.Key, window.StartMs, window.StartMs + sizeMs, window.Revision, Completeness.Partial),
            window.Aggregate);
}

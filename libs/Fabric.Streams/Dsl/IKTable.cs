namespace Fabric.Streams;

/// <summary>The latest value per key; a tombstone deletes.</summary>
public interface IKTable<K, V>
{
    /// <summary>The store that can be read by name in a processor or a test; null when the table has none of its own.</summary>
    string? StoreName { get; }

    IKTable<K, V> Filter(Func<K, V, bool> predicate, string? name = null);

    IKTable<K, V> FilterNot(Func<K, V, bool> predicate, string? name = null);

    IKTable<K, V2> MapValues<V2>(Func<V, V2> mapper, string? name = null);

    /// <summary>Every update, tombstones included.</summary>
    IKStream<K, V> ToStream();
}

/// <summary>A table that every instance holds whole, read to its end before any task starts.</summary>
public interface IGlobalKTable<K, V>
{
    string StoreName { get; }
}

/// <summary>What can be said of windowed tables alone.</summary>
public static class WindowedTables
{
    /// <summary>Only results that never change again pass: one per window.</summary>
    public static IKTable<Windowed<K>, V> SuppressUntilWindowCloses<K, V>(
        this IKTable<Windowed<K>, V> table, string? name = null) =>
        table.Filter((window, _) => window.IsFinal, name);
}

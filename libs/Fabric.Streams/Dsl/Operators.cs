using Fabric.Streams.State;

namespace Fabric.Streams.Dsl;

/// <summary>The processors behind the operators of the DSL.</summary>
internal static class Operators
{
    /// <summary>A processor that keeps the context it is given.</summary>
    internal abstract class Operator<KIn, VIn, KOut, VOut> : IProcessor<KIn, VIn, KOut, VOut>
    {
        protected IProcessorContext<KOut, VOut> Context { get; private set; } = null!;

        public virtual void Init(IProcessorContext<KOut, VOut> context) => Context = context;

        public abstract void Process(in Record<KIn, VIn> record);

        /// <summary>A record without the key or value that this step needs is counted and goes no further.</summary>
        protected void Drop() => ((Graph.ITaskStep)Context).Task.Metrics.Dropped(Context.TaskId);
    }

    /// <summary>Whether a function of values can be shown a tombstone: null exists for the type.</summary>
    private static bool CanBeNull<V>() => default(V) is null;

    internal sealed class PassThrough<K, V> : Operator<K, V, K, V>
    {
        public override void Process(in Record<K, V> record) => Context.Forward(record);
    }

    internal sealed class Filter<K, V>(Func<K, V, bool> predicate) : Operator<K, V, K, V>
    {
        public override void Process(in Record<K, V> record)
        {
            if (predicate(record.Key, record.Value))
            {
                Context.Forward(record);
            }
        }
    }

    internal sealed class Map<K, V, K2, V2>(Func<K, V, KeyValuePair<K2, V2>> mapper) : Operator<K, V, K2, V2>
    {
        public override void Process(in Record<K, V> record)
        {
            KeyValuePair<K2, V2> mapped = mapper(record.Key, record.Value);
            Context.Forward(record.With(mapped.Key, mapped.Value));
        }
    }

    internal sealed class MapRecord<K, V, K2, V2>(Func<Record<K, V>, Record<K2, V2>> mapper) : Operator<K, V, K2, V2>
    {
        public override void Process(in Record<K, V> record) => Context.Forward(mapper(record));
    }

    internal sealed class MapValues<K, V, V2>(Func<K, V, V2> mapper) : Operator<K, V, K, V2>
    {
        public override void Process(in Record<K, V> record) => Context.Forward(
            record.HasValue || CanBeNull<V>()
                ? record.WithValue(mapper(record.Key, record.Value)) : record.AsTombstone<V2>());
    }

    internal sealed class FlatMap<K, V, K2, V2>(Func<K, V, IEnumerable<KeyValuePair<K2, V2>>> mapper)
        : Operator<K, V, K2, V2>
    {
        public override void Process(in Record<K, V> record)
        {
            foreach (KeyValuePair<K2, V2> mapped in mapper(record.Key, record.Value))
            {
                Context.Forward(record.With(mapped.Key, mapped.Value));
            }
        }
    }

    internal sealed class FlatMapValues<K, V, V2>(Func<V, IEnumerable<V2>> mapper) : Operator<K, V, K, V2>
    {
        public override void Process(in Record<K, V> record)
        {
            foreach (V2 mapped in mapper(record.Value))
            {
                Context.Forward(record.WithValue(mapped));
            }
        }
    }

    internal sealed class SelectKey<K, V, K2>(Func<K, V, K2> selector) : Operator<K, V, K2, V>
    {
        public override void Process(in Record<K, V> record) =>
            Context.Forward(record.WithKey(selector(record.Key, record.Value)));
    }

    internal sealed class Peek<K, V>(Action<K, V> action) : Operator<K, V, K, V>
    {
        public override void Process(in Record<K, V> record)
        {
            action(record.Key, record.Value);
            Context.Forward(record);
        }
    }

    internal sealed class ForEach<K, V>(Action<K, V> action) : Operator<K, V, K, V>
    {
        public override void Process(in Record<K, V> record) => action(record.Key, record.Value);
    }

    internal sealed class TableJoin<K, V, VT, VR>(ITableLookup<K, VT> table, Func<V, VT?, VR> joiner, bool isLeft)
        : Operator<K, V, K, VR>
    {
        public override void Process(in Record<K, V> record)
        {
            VT? other = default;
            if (!record.HasKey || !record.HasValue)
            {
                Drop();
                return;
            }

            bool found = table.TryGet(record.Key, out other);
            if (found || isLeft)
            {
                Context.Forward(record.WithValue(joiner(record.Value, other)));
            }
        }
    }

    internal sealed class GlobalJoin<K, V, KG, VG, VR>(
        ITableLookup<KG, VG> table, Func<K, V, KG> keySelector, Func<V, VG?, VR> joiner, bool isLeft) : Operator<K, V, K, VR>
    {
        public override void Process(in Record<K, V> record)
        {
            if (!record.HasValue)
            {
                Drop();
                return;
            }

            KG key = keySelector(record.Key, record.Value);
            VG? other = default;
            bool found = key is not null && table.TryGet(key, out other);
            if (found || isLeft)
            {
                Context.Forward(record.WithValue(joiner(record.Value, other)));
            }
        }
    }

    /// <summary>Keeps the latest value per key.</summary>
    internal sealed class UpdateTable<K, V>(IKeyedState<K, V> store) : Operator<K, V, K, V>
    {
        public override void Process(in Record<K, V> record)
        {
            if (!record.HasKey)
            {
                Drop();
                return;
            }

            if (record.HasValue)
            {
                store.Put(record.Key, record.Value, record.TimestampMs);
            }
            else
            {
                store.Delete(record.Key, record.TimestampMs);
            }

            Context.Forward(record);
        }
    }

    internal sealed class FilterTable<K, V>(Func<K, V, bool> predicate) : Operator<K, V, K, V>
    {
        public override void Process(in Record<K, V> record) => Context.Forward(
            record.HasValue && !predicate(record.Key, record.Value) ? record.AsTombstone<V>() : record);
    }

    /// <summary>A table of windows whose earlier results were held back has nothing to delete downstream.</summary>
    internal sealed class FilterWindows<K, V>(Func<K, V, bool> predicate) : Operator<K, V, K, V>
    {
        public override void Process(in Record<K, V> record)
        {
            if (record.HasValue && predicate(record.Key, record.Value))
            {
                Context.Forward(record);
            }
        }
    }

    internal sealed class MapTable<K, V, V2>(Func<V, V2> mapper) : Operator<K, V, K, V2>
    {
        public override void Process(in Record<K, V> record) =>
            Context.Forward(record.HasValue ? record.WithValue(mapper(record.Value)) : record.AsTombstone<V2>());
    }

    internal sealed class Aggregate<K, V, A>(
        IKeyedState<K, A> store, Func<A> initializer, Func<Record<K, V>, A, A> aggregator) : Operator<K, V, K, A>
    {
        public override void Process(in Record<K, V> record)
        {
            if (!record.HasKey || !record.HasValue)
            {
                Drop();
                return;
            }

            bool found = store.TryGet(record.Key, out A? before, out long beforeMs);
            A after = aggregator(record, found ? before! : initializer());
            long timestampMs = Math.Max(record.TimestampMs, beforeMs);
            if (after is null)
            {
                store.Delete(record.Key, timestampMs);
                Context.Forward(record.AsTombstone<A>().WithTimestamp(timestampMs));
                return;
            }

            store.Put(record.Key, after, timestampMs);
            Context.Forward(record.WithValue(after).WithTimestamp(timestampMs));
        }
    }

    internal sealed class Reduce<K, V>(IKeyedState<K, V> store, Func<V, V, V> reducer) : Operator<K, V, K, V>
    {
        public override void Process(in Record<K, V> record)
        {
            if (!record.HasKey || !record.HasValue)
            {
                Drop();
                return;
            }

            bool found = store.TryGet(record.Key, out V? before, out long beforeMs);
            V after = found ? reducer(before!, record.Value) : record.Value;
            long timestampMs = Math.Max(record.TimestampMs, beforeMs);
            store.Put(record.Key, after, timestampMs);
            Context.Forward(record.WithValue(after).WithTimestamp(timestampMs));
        }
    }
}

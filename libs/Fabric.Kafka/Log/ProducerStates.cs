using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Log;

/// <summary>A transaction that a marker has ended in this log.</summary>
internal readonly record struct EndedTransaction(long ProducerId, long FirstOffset, long MarkerOffset, bool IsCommit);

/// <summary>
/// The producers of a log: which batch each may send next, which of them have a transaction open. Rules as Kafka's
/// (idempotence: KIP-98, KIP-360). Used on the loop only.
/// </summary>
/// <remarks>
/// Invariant: what is here is what a replay of the whole log would give, except that forgotten producers stay forgotten.
/// </remarks>
internal sealed class ProducerStates
{
    private readonly Dictionary<long, ProducerState> _byId = [];
    private readonly List<ProducerState> _open = []; // by first offset: each new one begins at the log's end

    public int Count => _byId.Count;

    public IEnumerable<ProducerState> All => _byId.Values;

    /// <summary>First offset of the earliest open transaction; <see cref="long.MaxValue"/> when none is open.</summary>
    public long FirstOpenOffset => _open.Count == 0 ? long.MaxValue : _open[0].TransactionFirstOffset;

    public ProducerState? Find(long producerId) => _byId.GetValueOrDefault(producerId);

    /// <summary>Whether a batch may be appended. A duplicate is no error: it is answered with where the first one went.</summary>
    public ErrorCode Check(RecordBatchHeader header, out ProducerBatch? duplicate)
    {
        duplicate = null;
        if (!header.HasProducer || !_byId.TryGetValue(header.ProducerId, out ProducerState? state))
        {
            return ErrorCode.None;
        }

        if (header.ProducerEpoch == state.Epoch && FindDuplicate(state, header) is { } found)
        {
            duplicate = found;
            return ErrorCode.None;
        }

        if (header.ProducerEpoch < state.Epoch)
        {
            return ErrorCode.InvalidProducerEpoch;
        }

        if (!IsNextSequence(state, header))
        {
            return ErrorCode.OutOfOrderSequenceNumber;
        }

        return state.TransactionFirstOffset != ProducerState.NoTransaction && !header.IsTransactional
            ? ErrorCode.InvalidTxnState
            : ErrorCode.None;
    }

    /// <summary>Whether a marker may end this producer's transaction: not one from an older producer or coordinator.</summary>
    public ErrorCode CheckMarker(long producerId, short producerEpoch, int coordinatorEpoch)
    {
        if (!_byId.TryGetValue(producerId, out ProducerState? state))
        {
            return ErrorCode.None;
        }

        if (producerEpoch < state.Epoch)
        {
            return ErrorCode.InvalidProducerEpoch;
        }

        return coordinatorEpoch < state.CoordinatorEpoch ? ErrorCode.TransactionCoordinatorFenced : ErrorCode.None;
    }

    /// <summary>Takes note of a data batch that is in the log.</summary>
    public void Appended(RecordBatchHeader header, long nowMs)
    {
        if (!header.HasProducer)
        {
            return;
        }

        ProducerState state = GetOrAdd(header.ProducerId);
        if (state.Epoch != header.ProducerEpoch)
        {
            state.StartEpoch(header.ProducerEpoch);
        }

        state.LastAppendMs = nowMs;
        state.Add(new ProducerBatch(
            header.BaseSequence,
            LastSequence(header),
            header.BaseOffset,
            header.LastOffset,
            header.MaxTimestamp));
        if (header.IsTransactional && state.TransactionFirstOffset == ProducerState.NoTransaction)
        {
            state.TransactionFirstOffset = header.BaseOffset;
            _open.Add(state);
        }
    }

    /// <summary>Takes note of a marker that is in the log; null when its producer had no transaction open here.</summary>
    public EndedTransaction? Ended(RecordBatchHeader marker, bool isCommit, int coordinatorEpoch, long nowMs)
    {
        bool isKnown = _byId.ContainsKey(marker.ProducerId);
        ProducerState state = GetOrAdd(marker.ProducerId);
        if (state.Epoch != marker.ProducerEpoch)
        {
            state.StartEpoch(marker.ProducerEpoch);
            state.MustStartAtZero = isKnown;
        }

        state.CoordinatorEpoch = coordinatorEpoch;
        state.LastAppendMs = nowMs;
        long firstOffset = state.TransactionFirstOffset;
        if (firstOffset == ProducerState.NoTransaction)
        {
            return null;
        }

        state.TransactionFirstOffset = ProducerState.NoTransaction;
        _open.Remove(state);
        return new EndedTransaction(marker.ProducerId, firstOffset, marker.BaseOffset, isCommit);
    }

    /// <summary>Puts back what a snapshot says.</summary>
    public void Restore(ProducerState state)
    {
        _byId[state.ProducerId] = state;
        if (state.TransactionFirstOffset != ProducerState.NoTransaction)
        {
            _open.Add(state);
            _open.Sort(static (left, right) => left.TransactionFirstOffset.CompareTo(right.TransactionFirstOffset));
        }
    }

    /// <summary>Forgets producers that wrote nothing since then and have no transaction open.</summary>
    public void ForgetIdleSince(long timeMs)
    {
        foreach (ProducerState state in _byId.Values)
        {
            if (state.LastAppendMs < timeMs && state.TransactionFirstOffset == ProducerState.NoTransaction)
            {
                _byId.Remove(state.ProducerId);
            }
        }
    }

    private static int LastSequence(RecordBatchHeader header) =>
        (int)(((long)header.BaseSequence + header.LastOffsetDelta) & int.MaxValue);

    private static ProducerBatch? FindDuplicate(ProducerState state, RecordBatchHeader header)
    {
        int last = LastSequence(header);
        for (int ago = 0; ago < state.BatchCount; ago++)
        {
            ProducerBatch batch = state[ago];
            if (batch.FirstSequence == header.BaseSequence && batch.LastSequence == last)
            {
                return batch;
            }
        }

        return null;
    }

    private static bool IsNextSequence(ProducerState state, RecordBatchHeader header)
    {
        if (header.ProducerEpoch != state.Epoch || state.MustStartAtZero)
        {
            return header.BaseSequence == 0;
        }

        // Known by a marker alone, its data gone: any sequence number may be the next one.
        return state.BatchCount == 0
            || header.BaseSequence == (int)(((long)state[0].LastSequence + 1) & int.MaxValue);
    }

    private ProducerState GetOrAdd(long producerId)
    {
        if (!_byId.TryGetValue(producerId, out ProducerState? state))
        {
            _byId[producerId] = state = new ProducerState(producerId);
        }

        return state;
    }
}

using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Transactions;

/// <summary>
/// Hands out producer ids, each once for ever. A block is promised in the log before its first id is given away, so that a
/// crash wastes ids and never repeats one.
/// </summary>
internal sealed class ProducerIdAllocator(CoordinatorLog log)
{
    private const int BlockSize = 1_000;

    private readonly Queue<Action<ErrorCode, long>> _waiting = [];
    private long _next;
    private long _promised;

    /// <summary>Takes the end of the last promised block, as found in the log.</summary>
    public void Restore(long promised)
    {
        _next = promised;
        _promised = promised;
    }

    /// <summary>Never hands out this id or one below it.</summary>
    public void Skip(long producerId)
    {
        _next = Math.Max(_next, producerId + 1);
        _promised = Math.Max(_promised, _next);
    }

    /// <summary>Gives an id; at once, or after the next block is durable.</summary>
    public void Allocate(Action<ErrorCode, long> then)
    {
        if (_next < _promised && _waiting.Count == 0)
        {
            then(ErrorCode.None, _next++);
            return;
        }

        _waiting.Enqueue(then);
        if (_waiting.Count == 1)
        {
            PromiseBlock();
        }
    }

    private void PromiseBlock()
    {
        long end = _promised + BlockSize;
        log.Append([new LogEntry(TransactionRecords.ProducerIdKey(), TransactionRecords.ProducerIdValue(end))], error =>
        {
            if (error == ErrorCode.None)
            {
                _promised = end;
            }

            Serve(error);
        });
    }

    private void Serve(ErrorCode error)
    {
        // Whoever asks while being served waits behind: the queue keeps the order of asking.
        for (int left = _waiting.Count; left > 0 && (error != ErrorCode.None || _next < _promised); left--)
        {
            Action<ErrorCode, long> then = _waiting.Dequeue();
            then(error, error == ErrorCode.None ? _next++ : -1);
        }

        if (_waiting.Count > 0)
        {
            PromiseBlock();
        }
    }
}

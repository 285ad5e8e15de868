using System.Threading.Channels;
using Fabric.Core;
using Fabric.Kafka;
using Fabric.Kafka.Clients;
using Microsoft.Extensions.Logging;

namespace Fabric.Host.Runtime;

/// <summary>
/// Writes what a process says about itself (status, lineage) to Kafka, in the background and in order, in small transactions.
/// What cannot be delivered is tried again; beyond the bound the oldest is dropped and counted: both kinds are repeated by
/// those who sent them.
/// </summary>
/// <remarks>Thread-safe. Runs on a thread of its own.</remarks>
internal sealed class RecordPublisher : IAsyncDisposable
{
    private const int QueueMax = 50_000;
    private const int BatchMax = 1_000;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DrainMax = TimeSpan.FromSeconds(5);

    private readonly Channel<OutgoingRecord> _queue;
    private readonly IKafkaClients _kafka;
    private readonly string _transactionalId;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private long _dropped;

    public RecordPublisher(IKafkaClients kafka, string transactionalId, TimeProvider clock, ILogger log)
    {
        _kafka = kafka;
        _transactionalId = transactionalId;
        _clock = clock;
        _log = log;
        _queue = Channel.CreateBounded<OutgoingRecord>(
            new BoundedChannelOptions(QueueMax) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            _ => Interlocked.Increment(ref _dropped));
        _running = Task.Factory.StartNew(
            Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Records dropped because Kafka was away for too long.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    public void Publish(in OutgoingRecord record) => _queue.Writer.TryWrite(record);

    /// <summary>Delivers what is queued, bounded, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _running.WaitAsync(DrainMax, _clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private void Run()
    {
        var batch = new List<OutgoingRecord>();
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using ITransactionalProducer producer = _kafka.OpenProducer(_transactionalId);
                producer.InitTransactions(Timeout);
                while (Fill(batch))
                {
                    Write(producer, batch);
                    batch.Clear();
                }

                return;
            }
            catch (KafkaException exception) when (!exception.IsFenced)
            {
                HostLog.PublishFailed(_log, exception, batch.Count);
                _stop.Token.WaitHandle.WaitOne(RetryAfter);
            }
            catch (KafkaException exception)
            {
                HostLog.PublisherFenced(_log, exception);
                return;
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Waits for records unless a failed batch is still there; false when the queue is closed and empty.</summary>
    private bool Fill(List<OutgoingRecord> batch)
    {
        if (batch.Count == 0 && !_queue.Reader.WaitToReadAsync(_stop.Token).AsTask().GetAwaiter().GetResult())
        {
            return false;
        }

        while (batch.Count < BatchMax && _queue.Reader.TryRead(out OutgoingRecord record))
        {
            batch.Add(record);
        }

        return true;
    }

    private static void Write(ITransactionalProducer producer, List<OutgoingRecord> batch)
    {
        producer.Begin();
        foreach (OutgoingRecord record in batch)
        {
            producer.Produce(record.Topic, null, record.Key, hasKey: true, record.Value, hasValue: true);
        }

        producer.Commit(Timeout);
    }
}

/// <summary>A record on its way out.</summary>
internal readonly record struct OutgoingRecord(string Topic, byte[] Key, byte[] Value);

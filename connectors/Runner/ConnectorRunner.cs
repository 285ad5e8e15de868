using Fabric.Avro.Registry;
using Fabric.Core;
using Fabric.Core.Health;
using Fabric.Governance.Privacy;
using Fabric.Kafka;
using Fabric.Kafka.Clients;
using Fabric.Schemas;
using Microsoft.Extensions.Logging;

namespace Fabric.Connectors.Runner;

/// <summary>
/// Carries what a source says to Kafka exactly once (DESIGN §5.1). Each batch is one transaction: records, quarantined
/// messages, gaps and the progress that goes with them. Only when it is committed is the batch acknowledged upstream. While
/// Kafka is away nothing is acknowledged and the source is not read: back pressure reaches the device.
/// </summary>
/// <remarks>
/// One runner per connector instance. librdkafka's commit is synchronous and is waited for on the runner's own thread.
/// </remarks>
public sealed class ConnectorRunner
{
    private static readonly TimeSpan KafkaTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan RetryAfterMax = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryAfterMin = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a batch that was taken may hold up a stop before it is left to the next start.</summary>
    private static readonly TimeSpan FinishMax = TimeSpan.FromSeconds(15);

    private readonly ConnectorIdentity _identity;
    private readonly Func<ISource> _openSource;
    private readonly ConnectorServices _services;
    private readonly ILogger _log;
    private readonly ConnectorMetrics _metrics;
    private readonly Tokenizer? _tokenizer;
    private readonly FencingWatch _fencings;

    /// <param name="openSource">Opens the protocol side; called again after a failure that ended it.</param>
    public ConnectorRunner(ConnectorIdentity identity, Func<ISource> openSource, ConnectorServices services)
    {
        _identity = identity;
        _openSource = openSource;
        _services = services;
        _log = services.Logs.CreateLogger($"Fabric.Connectors.{identity.Name}");
        _metrics = new ConnectorMetrics(identity.Name);
        _fencings = new FencingWatch(services.Clock);
        _tokenizer = services.Tokens is { } tokens ? new Tokenizer(tokens) : null;
    }

    /// <summary>
    /// Runs until cancelled, or until another instance with the same identity took over for the third time in ten minutes. A batch that was taken when the token
    /// falls is still made durable and acknowledged.
    /// </summary>
    /// <exception cref="ConnectorException"><c>CONNECTOR_FENCED</c>, or the progress cannot be read.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        TimeSpan retryAfter = RetryAfterMin;
        while (true)
        {
            try
            {
                // While Kafka is away, sessions end before anything else looks at the token.
                cancellationToken.ThrowIfCancellationRequested();
                Report(HealthState.Starting);
                await RunSessionAsync(() => retryAfter = RetryAfterMin, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                Report(HealthState.Stopped, "stopped in order");
                return;
            }
            catch (KafkaException exception) when (exception.IsFenced && _fencings.IsTakenOver())
            {
                Report(HealthState.Failed, "another process runs this connector under the same node name",
                    "stop one of them, or give them different node names");
                throw new ConnectorException(
                    "CONNECTOR_FENCED", $"Connector '{_identity.Name}' was taken over by another process with node name "
                    + $"'{_identity.Node}'", _identity.TransactionalId, innerException: exception);
            }
            catch (FabricException exception) when (exception is KafkaException || exception.IsRetriable)
            {
                if (exception is KafkaException { IsFenced: true })
                {
                    retryAfter = RetryAfterMax; // if it is another process, it gets on meanwhile
                }

                _metrics.Restarts.Add(1);
                ConnectorLog.SessionFailed(_log, exception, retryAfter.TotalMilliseconds);
                Report(HealthState.Reconnecting, exception.Message, $"tries again in {retryAfter.TotalSeconds:0.#} s");
                await Task.Delay(retryAfter, _services.Clock, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                retryAfter = TimeSpan.FromTicks(Math.Min(retryAfter.Ticks * 2, RetryAfterMax.Ticks));
            }
        }
    }

    private async Task RunSessionAsync(Action onProgress, CancellationToken cancellationToken)
    {
        using ITransactionalProducer producer = _services.Kafka.OpenProducer(_identity.TransactionalId);
        producer.InitTransactions(KafkaTimeout);

        // After InitTransactions nobody else can commit under this identity: what is read now is the truth.
        StoredProgress stored = await new ProgressReader(_services.Kafka, _services.Registry, _services.Clock)
            .ReadAsync(_identity, cancellationToken).ConfigureAwait(false) ?? NewProgress();
        using BatchWriter writer = await BatchWriter.OpenAsync(
            _identity, stored, _services.Registry, _services.Quarantine, _services.Clock, _log, cancellationToken)
            .ConfigureAwait(false);
        ISource source = _openSource();
        await using (source.ConfigureAwait(false))
        {
            await source.StartAsync(stored.Connector.SourcePosition, cancellationToken).ConfigureAwait(false);
            await CarryAsync(source, writer, producer, onProgress, cancellationToken).ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task CarryAsync(
        ISource source, BatchWriter writer, ITransactionalProducer producer, Action onProgress, CancellationToken stopping)
    {
        using var finishing = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _services.Clock);
        await using CancellationTokenRegistration bound = stopping.Register(() => finishing.CancelAfter(FinishMax));
        var batch = new SourceBatch();
        while (!stopping.IsCancellationRequested)
        {
            batch.Clear();
            await source.ReadAsync(batch, stopping).ConfigureAwait(false);
            if (!batch.IsEmpty)
            {
                if (_tokenizer is not null)
                {
                    await _tokenizer.TokenizeAsync(batch, finishing.Token).ConfigureAwait(false);
                }

                writer.Number(batch, source);
                Commit(writer, batch, producer);
                writer.MarkCommitted();
                _metrics.Committed(batch);
                onProgress();
            }

            await source.AcknowledgeAsync(batch, finishing.Token).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// One transaction. An abortable failure is tried again with the same numbers, without what a topic refuses for its size;
    /// any other ends the session, and the next one learns from the progress topic whether this transaction was committed.
    /// </summary>
    private void Commit(BatchWriter writer, SourceBatch batch, ITransactionalProducer producer)
    {
        const int attemptsMax = 5;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                producer.Begin();
                writer.Produce(batch, producer);
                CommitOnce(producer);
                return;
            }
            catch (KafkaException exception) when (
                exception.IsAbortable
                && ((BatchWriter.IsTooLarge(exception) && writer.SetLargestAside(batch)) || attempt < attemptsMax))
            {
                _metrics.Aborts.Add(1);
                ConnectorLog.TransactionAborted(_log, exception);
                producer.Abort(KafkaTimeout);
            }
            catch (FabricException exception) when (exception is not KafkaException { IsFenced: true })
            {
                AbortBeforeClose(producer);
                throw;
            }
        }
    }

    /// <summary>librdkafka 2.0.2 ends the process when it is closed while it adds partitions to a transaction.</summary>
    private void AbortBeforeClose(ITransactionalProducer producer)
    {
        try
        {
            producer.Abort(KafkaTimeout);
        }
        catch (KafkaException exception)
        {
            // The next session's InitTransactions settles it.
            ConnectorLog.AbortFailed(_log, exception);
        }
    }

    private void CommitOnce(ITransactionalProducer producer)
    {
        const int attemptsMax = 5;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                producer.Commit(KafkaTimeout);
                return;
            }
            catch (KafkaException exception) when (exception.IsRetriable && attempt < attemptsMax)
            {
                // librdkafka resumes the same commit; what is not known to be committed must not be acknowledged.
                ConnectorLog.CommitRetried(_log, attempt, exception);
            }
        }
    }

    // The epoch tells sequences apart when the durable counter was lost; the clock is the only thing left to tell it.
    private StoredProgress NewProgress() => new(
        new ConnectorProgress
        {
            Node = _identity.Node, Connector = _identity.Name, Epoch = _services.Clock.GetUtcNow().ToUnixTimeMilliseconds(),
        },
        new DeviceSequences());

    private void Report(HealthState state, string cause = "", string nextAction = "") =>
        _services.Status.Report(_identity.Component, state, cause, nextAction);
}

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

    private readonly ConnectorIdentity _identity;
    private readonly Func<ISource> _openSource;
    private readonly ConnectorServices _services;
    private readonly ILogger _log;
    private readonly ConnectorMetrics _metrics;
    private readonly Tokenizer? _tokenizer;

    /// <param name="openSource">Opens the protocol side; called again after a failure that ended it.</param>
    public ConnectorRunner(ConnectorIdentity identity, Func<ISource> openSource, ConnectorServices services)
    {
        _identity = identity;
        _openSource = openSource;
        _services = services;
        _log = services.Logs.CreateLogger($"Fabric.Connectors.{identity.Name}");
        _metrics = new ConnectorMetrics(identity.Name);
        _tokenizer = services.Tokens is { } tokens ? new Tokenizer(tokens) : null;
    }

    /// <summary>Runs until cancelled, or until another instance with the same identity took over.</summary>
    /// <exception cref="ConnectorException"><c>CONNECTOR_FENCED</c>, or the progress cannot be read.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        TimeSpan retryAfter = RetryAfterMin;
        while (true)
        {
            try
            {
                Report(HealthState.Starting);
                await RunSessionAsync(() => retryAfter = RetryAfterMin, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                Report(HealthState.Stopped, "stopped in order");
                return;
            }
            catch (KafkaException exception) when (exception.IsFenced)
            {
                Report(HealthState.Failed, "another process runs this connector under the same node name",
                    "stop one of them, or give them different node names");
                throw new ConnectorException(
                    "CONNECTOR_FENCED", $"Connector '{_identity.Name}' was taken over by another process with node name "
                    + $"'{_identity.Node}'", _identity.TransactionalId, innerException: exception);
            }
            catch (FabricException exception) when (exception is KafkaException || exception.IsRetriable)
            {
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
        ConnectorProgress progress = await new ProgressReader(_services.Kafka, _services.Registry, _services.Clock)
            .ReadAsync(_identity, cancellationToken).ConfigureAwait(false) ?? NewProgress();
        using BatchWriter writer = await BatchWriter.OpenAsync(
            _identity, progress, _services.Registry, _services.Quarantine, _services.Clock, cancellationToken)
            .ConfigureAwait(false);
        ISource source = _openSource();
        await using (source.ConfigureAwait(false))
        {
            await source.StartAsync(progress.SourcePosition, cancellationToken).ConfigureAwait(false);
            Report(HealthState.Running);
            var batch = new SourceBatch();
            while (true)
            {
                batch.Clear();
                await source.ReadAsync(batch, cancellationToken).ConfigureAwait(false);
                if (!batch.IsEmpty)
                {
                    if (_tokenizer is not null)
                    {
                        await _tokenizer.TokenizeAsync(batch, cancellationToken).ConfigureAwait(false);
                    }

                    writer.Number(batch, source);
                    Commit(writer, batch, producer);
                    _metrics.Committed(batch);
                    onProgress();
                }

                await source.AcknowledgeAsync(batch, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// One transaction. An abortable failure is tried again with the same numbers; any other ends the session, and the next
    /// one learns from the progress topic whether this transaction was committed.
    /// </summary>
    private void Commit(BatchWriter writer, SourceBatch batch, ITransactionalProducer producer)
    {
        while (true)
        {
            try
            {
                producer.Begin();
                writer.Produce(batch, producer);
                CommitOnce(producer);
                return;
            }
            catch (KafkaException exception) when (exception.IsAbortable)
            {
                _metrics.Aborts.Add(1);
                ConnectorLog.TransactionAborted(_log, exception);
                producer.Abort(KafkaTimeout);
            }
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
    private ConnectorProgress NewProgress() => new()
    {
        Node = _identity.Node, Connector = _identity.Name, Epoch = _services.Clock.GetUtcNow().ToUnixTimeMilliseconds(),
    };

    private void Report(HealthState state, string cause = "", string nextAction = "") =>
        _services.Status.Report(_identity.Component, state, cause, nextAction);
}

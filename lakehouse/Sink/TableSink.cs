using Fabric.Core;
using Fabric.Core.Health;
using Fabric.Kafka.Clients;
using Fabric.Lakehouse.Tables;
using Microsoft.Extensions.Logging;

namespace Fabric.Lakehouse.Sink;

/// <summary>
/// Feeds one table from one topic, exactly once (DESIGN §5.3). The group only says who reads which partition; where reading
/// resumes is told by the table itself, whose commits carry the last offset of each partition beside the rows. A commit holds
/// only if those positions are still what the buffer started from; otherwise rows and files are dropped and read again.
/// </summary>
/// <remarks>Runs on a thread of its own, which librdkafka and DuckDB serve synchronously.</remarks>
public sealed class TableSink
{
    /// <summary>Code of the failure by which a session ends when the table goes on under another name.</summary>
    internal const string Continued = "TABLE_CONTINUED";

    internal static readonly TimeSpan BrokerTimeout = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan PollStep = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryAfterMax = TimeSpan.FromSeconds(10);
    private const int PollEventsMax = 1000;

    private readonly TableDefinition _table;
    private readonly SinkServices _services;
    private readonly ILogger _log;
    private readonly string _component;
    private string _continued = "";

    public TableSink(TableDefinition table, SinkServices services)
    {
        _table = table;
        _services = services;
        _log = services.Logs.CreateLogger($"Fabric.Lakehouse.{table.Name}");
        _component = $"sink:{table.Name}";
    }

    /// <summary>Pause after a first failure; doubles with each one that follows, up to 10 s.</summary>
    internal TimeSpan RetryAfterMin { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Runs until cancelled; then commits what is buffered and leaves the group in order.</summary>
    /// <exception cref="LakehouseException">
    /// A person must decide: the topic was recreated (<c>TOPIC_RECREATED</c>), the disk does not keep what it takes
    /// (<c>COMMIT_NOT_DURABLE</c>), newer software began a version of the table (<c>TABLE_NEWER</c>).
    /// </exception>
    public Task RunAsync(CancellationToken cancellationToken) =>
        _services.Threads.Run($"sink-{_table.Name}", () => Run(cancellationToken));

    private void Run(CancellationToken cancellationToken)
    {
        TimeSpan retryAfter = RetryAfterMin;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                Report(HealthState.Starting);
                RunSession(() => retryAfter = RetryAfterMin, cancellationToken);
                Report(HealthState.Stopped, "stopped in order");
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                Report(HealthState.Stopped, "stopped before it had started");
            }
            catch (LakehouseException exception) when (!exception.IsRetriable)
            {
                Report(HealthState.Failed, exception.Message, "restart the sink once this is decided");
                throw;
            }
            catch (LakehouseException exception) when (exception.Code == Continued)
            {
                _continued = exception.Message;
            }
            catch (FabricException exception)
            {
                // Everything not committed is read again: no failure of Kafka, disk or registry needs more than patience.
                SinkLog.SessionFailed(_log, exception, retryAfter.TotalMilliseconds);
                Report(HealthState.Reconnecting, exception.Message, $"tries again in {retryAfter.TotalSeconds:0.#} s");
                _services.Threads.Wait(retryAfter, cancellationToken);
                retryAfter = TimeSpan.FromTicks(Math.Min(retryAfter.Ticks * 2, RetryAfterMax.Ticks));
            }
        }
    }

    private void RunSession(Action onProgress, CancellationToken cancellationToken)
    {
        Task<TableCommitter> opening = TableCommitter.OpenAsync(_table, _services, _log, cancellationToken);
        _services.Threads.Join(opening);
        using TableCommitter committer = opening.Result;
        using var outbox = new SinkOutbox(_table.Name, _services);
        var lineage = new CommitLineage(_table, _services, outbox, _log);
        _services.Threads.Join(
            lineage.RecoverAsync(committer.Versions.Current, committer.Versions.Snapshot, cancellationToken));
        using IRecordConsumer consumer = _services.Kafka.OpenConsumer(
            $"{_services.Fabric}.sink.{_table.Name}", $"{_services.Fabric}.sink.{_table.Name}.{_services.Node}");
        using var session = new SinkSession(_table, _services, committer, lineage, consumer, outbox, _log, onProgress);
        consumer.Subscribe(_table.Topic, session);
        Report(
            _continued.Length == 0 ? HealthState.Running : HealthState.Degraded, _continued,
            _continued.Length == 0 ? "" : "readers of the table should read its versions together");
        Feed(session, consumer, cancellationToken);
        try
        {
            session.Flush();
        }
        finally
        {
            consumer.Close(CloseTimeout);
        }
    }

    private static void Feed(SinkSession session, IRecordConsumer consumer, CancellationToken cancellationToken)
    {
        var batch = new PollBatch();
        while (!cancellationToken.IsCancellationRequested)
        {
            batch.Clear();
            consumer.Poll(session.TimeToFlush(PollStep), PollEventsMax, batch);
            session.CheckAssigned(BrokerTimeout);
            session.Take(batch.Records);
            session.FlushIfDue();
            session.Measure(batch.Ends);
        }
    }

    private void Report(HealthState state, string cause = "", string nextAction = "") =>
        _services.Status.Report(_component, state, cause, nextAction);
}

using System.Globalization;
using System.Text;
using Fabric.Core.Storage;
using Fabric.Delta;
using Fabric.Delta.Actions;
using Fabric.Governance.Lineage;
using Fabric.Lakehouse.Tables;
using Microsoft.Extensions.Logging;

namespace Fabric.Lakehouse.Sink;

/// <summary>
/// Lineage events of a table's commits: a run per commit, which starts and completes at once, since catalogs ignore streams that
/// never complete. Events are made from what the commit says about itself, so that they can be made again.
/// </summary>
/// <remarks>
/// After each commit its events are made durable in Kafka, then a mark beside the table says so, one per node. On start the commits
/// behind a node's mark are told again; the run id follows from table and version, so an event told twice is the same run.
/// A stalled process that lives on beside its successor commits under the same node's name: a mark passes over no commit of the
/// node that may not have been told. Owned by the sink's thread.
/// </remarks>
internal sealed class CommitLineage(TableDefinition definition, SinkServices services, SinkOutbox outbox, ILogger log)
{
    /// <summary>Commits looked at on start; those before had many starts to be told.</summary>
    private const int CommitsMax = 1_000;
    private const int MarkBytesMax = 4096;
    private const string MarksFolder = "_fabric/lineage";

    /// <summary>A mark further behind is moved on although its node made no commit since, so that starts stay short.</summary>
    private const int MarkLagMax = 100;

    /// <summary>A commit of another node that is younger is that node's to tell.</summary>
    private static readonly TimeSpan OthersGrace = TimeSpan.FromMinutes(1);

    /// <summary>Up to this version nothing of this node is left to tell.</summary>
    private long _settled = -1;

    /// <summary>Tells commits that were not told, of this node and of those that are gone.</summary>
    /// <exception cref="Core.FabricException">Kafka or the store failed.</exception>
    public async Task RecoverAsync(DeltaTable table, Snapshot? snapshot, CancellationToken cancellationToken)
    {
        if (!definition.EmitsLineage || snapshot is null)
        {
            return;
        }

        Dictionary<string, long> marks = await MarksAsync(table, snapshot, cancellationToken).ConfigureAwait(false);
        long least = Math.Min(marks.GetValueOrDefault(services.Node, -1), marks.Values.DefaultIfEmpty(-1).Min());
        int looked = (int)Math.Min(snapshot.Version - least, CommitsMax);
        var told = new Dictionary<string, long>(StringComparer.Ordinal);
        long settled = -1;
        foreach (HistoryEntry entry in (await table.HistoryAsync(looked, cancellationToken).ConfigureAwait(false)).Reverse())
        {
            bool isSettled = services.Clock.GetUtcNow() - entry.ModifiedAt > OthersGrace;
            settled = isSettled ? entry.Version : settled;
            if (CommitFacts.Read(entry) is { } facts && facts.Version > marks.GetValueOrDefault(facts.Node, -1)
                && (isSettled || facts.Node == services.Node))
            {
                Enqueue(table, snapshot, facts);
                told[facts.Node] = facts.Version;
            }
        }

        await outbox.FlushAsync(cancellationToken).ConfigureAwait(false);
        _settled = snapshot.Version;
        foreach ((string node, long version) in told)
        {
            SinkLog.LineageRepeated(log, node, version);
            await MarkAsync(table, snapshot, node, version, cancellationToken).ConfigureAwait(false);
        }

        foreach (string node in marks.Keys.Append(services.Node).Distinct())
        {
            if (settled - Math.Max(marks.GetValueOrDefault(node, -1), told.GetValueOrDefault(node, -1)) > MarkLagMax)
            {
                await MarkAsync(table, snapshot, node, settled, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Tells a commit that was just made.</summary>
    /// <exception cref="Core.FabricException">Perhaps not told: the next start does it.</exception>
    public async Task TellAsync(DeltaTable table, Snapshot snapshot, CommitFacts facts, CancellationToken cancellationToken)
    {
        if (definition.EmitsLineage)
        {
            await EnqueueBetweenAsync(table, snapshot, facts.Version - 1, cancellationToken).ConfigureAwait(false);
            Enqueue(table, snapshot, facts);
            await outbox.FlushAsync(cancellationToken).ConfigureAwait(false);
            _settled = facts.Version;
            await MarkAsync(table, snapshot, services.Node, facts.Version, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Commits that another process made under this node's name since.</summary>
    private async Task EnqueueBetweenAsync(DeltaTable table, Snapshot snapshot, long through, CancellationToken cancellationToken)
    {
        int looked = (int)Math.Min(through - _settled, CommitsMax);
        if (looked <= 0)
        {
            return;
        }

        foreach (HistoryEntry entry in (await table.HistoryAsync(looked, through, cancellationToken).ConfigureAwait(false)).Reverse())
        {
            if (CommitFacts.Read(entry) is { } facts && facts.Node == services.Node)
            {
                Enqueue(table, snapshot, facts);
            }
        }
    }

    private void Enqueue(DeltaTable table, Snapshot snapshot, CommitFacts facts)
    {
        var output = new OutputDataset(
            "file", table.Root, facts.Version.ToString(CultureInfo.InvariantCulture),
            [.. snapshot.Schema.Fields.Select(field => new DatasetField(field.Name, field.Type.Name))],
            new OutputStatistics(facts.Rows, facts.Files.Sum(file => file.Size), facts.Files.Count),
            [.. facts.Files.Select(file => new WrittenFile(file.Path, ShaOf(file)))]);
        var input = new InputDataset(services.KafkaNamespace, facts.Topic, facts.Offsets);
        Guid runId = LineageRunId.OfCommit(snapshot.Metadata.Id, facts.Version);
        var job = new LineageJob(services.Fabric, $"sink.{definition.Name}", "SINK");
        outbox.Tell(new RunEvent(RunEventType.Start, facts.Time, runId, job, [input], [output]));
        outbox.Tell(new RunEvent(RunEventType.Complete, facts.Time, runId, job, [input], [output]));
    }

    private async Task<Dictionary<string, long>> MarksAsync(
        DeltaTable table, Snapshot snapshot, CancellationToken cancellationToken)
    {
        var marks = new Dictionary<string, long>(StringComparer.Ordinal);
        string folder = ObjectPath.Join(table.Path, MarksFolder);
        foreach (StoredObject mark in await table.Store.ListAsync(folder, "", cancellationToken).ConfigureAwait(false))
        {
            byte[] content = await table.Store.ReadAsync(mark.Path, MarkBytesMax, cancellationToken).ConfigureAwait(false);
            string[] parts = Encoding.UTF8.GetString(content).Split(' ');
            if (parts is [var id, var version] && id == snapshot.Metadata.Id
                && long.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out long told))
            {
                marks[mark.Name] = told;
            }
        }

        return marks;
    }

    private static Task MarkAsync(
        DeltaTable table, Snapshot snapshot, string node, long version, CancellationToken cancellationToken) =>
        table.Store.PutAsync(
            $"{table.Path}/{MarksFolder}/{node}",
            Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{snapshot.Metadata.Id} {version}")),
            cancellationToken);

    private static string ShaOf(AddAction file) => file.Tags?.GetValueOrDefault(CommitNotes.Sha256Tag) ?? "";
}

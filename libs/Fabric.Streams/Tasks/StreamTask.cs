using Fabric.Core;
using Fabric.Kafka.Clients;
using Fabric.Streams.Graph;
using Fabric.Streams.Runtime;
using Fabric.Streams.State;
using Microsoft.Extensions.Logging;

namespace Fabric.Streams.Tasks;

/// <summary>
/// One partition of one sub-topology: its steps, its state, what it has read and not processed. It knows neither threads
/// nor Kafka, so that the runtime and the test driver run the same code. When a transaction is lost its tasks are thrown
/// away and made anew: nothing a processor kept in memory survives what was not committed.
/// </summary>
internal sealed class StreamTask : IStoreOwner
{
    private readonly SubTopology _topology;
    private readonly TaskSurroundings _around;
    private readonly Dictionary<string, StateStore> _stores = new(StringComparer.Ordinal);
    private readonly List<StateStore> _touched = [];
    private readonly PartitionInput[] _inputs;
    private readonly TaskGraph _graph;
    private readonly Punctuators _onStreamTime = new();
    private readonly Punctuators _onWallClock = new();
    private readonly bool _hasTables;
    private Exception? _blamed;
    private string _blamedNode = "";
    private RejectionRule _blamedRule;
    private long _blockedSinceMs = -1;

    public StreamTask(SubTopology topology, int partition, Func<string, bool> hasPartition, TaskSurroundings around)
    {
        Id = new TaskId(topology.Index, partition);
        _topology = topology;
        _around = around;
        Output = new OutputStage(around.Sink, around.PartitionCount, around.RecordBytesMax);
        _graph = new TaskGraph(this);
        foreach (StoreBuilder builder in topology.Stores)
        {
            StateStore store = builder.Build();
            _stores.Add(store.Name, store);
            store.Attach(this);
        }

        _inputs =
        [
            .. topology.Sources
                .Where(source => hasPartition(source.Topic.Resolve(ApplicationId)))
                .Select(source => new PartitionInput(
                    new TopicPartition(source.Topic.Resolve(ApplicationId), partition), source.Build(_graph), source.IsTable)),
        ];
        _hasTables = _inputs.Any(input => input.IsTable) && _inputs.Length > 1;
    }

    public TaskId Id { get; }

    public int Partition => Id.Partition;

    public string ApplicationId => _around.ApplicationId;

    public ILogger Logger => _around.Logger;

    public GlobalStores Globals => _around.Globals;

    public StreamsMetrics Metrics => _around.Metrics;

    /// <summary>Where steps put what they produce.</summary>
    public OutputStage Output { get; }

    public IReadOnlyList<PartitionInput> Inputs => _inputs;

    public IEnumerable<StateStore> Stores => _stores.Values;

    /// <summary>The greatest event time seen; -1 before the first record.</summary>
    public long StreamTimeMs { get; private set; } = -1;

    public long WallClockMs => _around.WallClockMs();

    public long CurrentTimestampMs { get; private set; }

    /// <summary>Something was processed or produced that is not committed.</summary>
    public bool HasUncommitted { get; private set; }

    /// <summary>The next punctuation by wall clock, in milliseconds since 1970.</summary>
    public long NextWallClockPunctuationMs => _onWallClock.NextDueMs;

    public StateStore Store(string name) =>
        _stores.TryGetValue(name, out StateStore? store)
            ? store
            : throw new StreamsException("STORE_UNKNOWN", $"Task {Id} has no store '{name}'", name);

    public string TopicOf(StateStore store) => _topology.BackingTopic(store.Name).Resolve(ApplicationId);

    /// <summary>Records that were read back from changelogs.</summary>
    public long ChangelogRecords { get; private set; }

    /// <summary>A store was read back.</summary>
    public void Restored(TopicPartition from, long records) =>
        ChangelogRecords += Array.Exists(_inputs, input => input.Partition == from) ? 0 : records;

    /// <summary>State is restored: processors begin.</summary>
    public void Init()
    {
        CurrentTimestampMs = 0;
        foreach (Step step in _graph.Steps)
        {
            step.Init();
        }
    }

    /// <summary>Processes what is queued, in order of event time over all inputs, up to a number of records.</summary>
    /// <returns>How many were processed.</returns>
    public int Process(int recordsMax)
    {
        int processed = 0;
        while (processed < recordsMax && Choose() is { } input)
        {
            ProcessOne(input);
            processed++;
        }

        if (processed > 0)
        {
            _around.Metrics.Processed(Id, processed);
        }

        return processed;
    }

    /// <summary>Calls the wall-clock punctuators that are due.</summary>
    public void PunctuateWallClock()
    {
        long nowMs = WallClockMs;
        while (_onWallClock.TakeDue(nowMs) is { } due)
        {
            Punctuate(due, nowMs);
        }
    }

    /// <summary>A source has decoded a record: event time goes on.</summary>
    public void Observe(long timestampMs)
    {
        CurrentTimestampMs = timestampMs;
        StreamTimeMs = Math.Max(StreamTimeMs, timestampMs);
    }

    public IPunctuation Schedule(string node, TimeSpan interval, PunctuationType type, Action<long> callback)
    {
        long intervalMs = (long)interval.TotalMilliseconds;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(intervalMs, nameof(interval));
        return type == PunctuationType.WallClockTime
            ? _onWallClock.Add(node, intervalMs, WallClockMs + intervalMs, callback)
            : _onStreamTime.Add(node, intervalMs, StreamTimeMs < 0 ? 0 : StreamTimeMs + intervalMs, callback);
    }

    public void Touched(StateStore store) => _touched.Add(store);

    /// <summary>Remembers the innermost step that threw. An exception filter, which never catches.</summary>
    public bool Blame(string node, RejectionRule rule, Exception failed)
    {
        if (!ReferenceEquals(_blamed, failed))
        {
            _blamed = failed;
            _blamedNode = node;
            _blamedRule = rule;
        }

        return false;
    }

    /// <summary>
    /// Hands on the result of a window that closes. The record that moved the watermark is not to blame when a later step
    /// refuses the result: what the result produced is taken back (not what it changed in stores), it is reported, and
    /// the record goes on.
    /// </summary>
    public void RunNested(string node, Action part)
    {
        (int Count, int Length) mark = Output.Mark();
        try
        {
            part();
        }
        catch (Exception failed) when (IsPoison(failed))
        {
            Output.TruncateTo(mark);
            Report(NoRecord(), node, RejectionRule.Processing, failed);
        }
    }

    /// <summary>
    /// Runs something that no record caused as its own unit: when it throws, what it forwarded and changed is taken back,
    /// it is reported to quarantine, and the task goes on.
    /// </summary>
    public void RunUnit(string node, Action unit)
    {
        try
        {
            unit();
            AcceptUnit();
        }
        catch (Exception failed) when (IsPoison(failed))
        {
            RejectUnit();
            Report(NoRecord(), node, RejectionRule.Punctuation, failed);
            Output.Release();
        }
    }

    /// <summary>One changelog record per changed key, into the open transaction.</summary>
    public void FlushChangelogs(IChangelogSink sink)
    {
        foreach (StateStore store in _stores.Values)
        {
            store.FlushChangelog(sink);
        }
    }

    public void Committed()
    {
        HasUncommitted = false;
        foreach (PartitionInput input in _inputs)
        {
            input.Committed();
        }
    }

    public void Close()
    {
        _onStreamTime.Clear();
        _onWallClock.Clear();
        foreach (Step step in _graph.Steps)
        {
            try
            {
                step.Close();
            }
            catch (Exception failed) when (IsPoison(failed))
            {
                TaskLog.CloseFailed(Logger, Id, step.Name, failed);
            }
        }
    }

    /// <summary>
    /// The input to go on with: tables first until their end was seen, then by event time, tables before streams. Waits,
    /// bounded, for a partition that is empty and has more to come, so that inputs stay in step.
    /// </summary>
    private PartitionInput? Choose()
    {
        if (_inputs.Length == 1)
        {
            return _inputs[0].Count > 0 ? _inputs[0] : null;
        }

        bool tablesOnly = _hasTables && HasTableBehind();
        PartitionInput? best = null;
        bool isBehind = false;
        foreach (PartitionInput input in _inputs)
        {
            if (tablesOnly && !input.IsTable)
            {
                continue;
            }

            if (input.Count == 0)
            {
                isBehind |= !input.IsAtEnd;
            }
            else if (best is null || IsBefore(input, best))
            {
                best = input;
            }
        }

        return best is null || (isBehind && !tablesOnly && !HasWaited()) ? null : best;
    }

    private bool HasTableBehind()
    {
        foreach (PartitionInput input in _inputs)
        {
            if (input.IsTable && !input.HasReachedEnd)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsBefore(PartitionInput input, PartitionInput other) =>
        input.HeadTimestampMs < other.HeadTimestampMs
        || (input.HeadTimestampMs == other.HeadTimestampMs && input.IsTable && !other.IsTable);

    private bool HasWaited()
    {
        long nowMs = WallClockMs;
        if (_blockedSinceMs < 0)
        {
            _blockedSinceMs = nowMs;
        }

        return nowMs - _blockedSinceMs >= _around.TaskIdleMaxMs;
    }

    private void ProcessOne(PartitionInput input)
    {
        ConsumedRecord raw = input.Take();
        _blockedSinceMs = -1;
        HasUncommitted = true;
        CurrentTimestampMs = raw.TimestampMs;
        try
        {
            input.Reader.Process(raw);
            while (_onStreamTime.TakeDue(StreamTimeMs) is { } due)
            {
                AcceptUnit();
                Punctuate(due, StreamTimeMs);
            }

            AcceptUnit();
        }
        catch (Exception failed) when (IsPoison(failed))
        {
            RejectUnit();
            Report(raw, _blamedNode, _blamedRule, failed);
            Output.Release();
        }

        input.Advance(raw.Offset);
    }

    private void Punctuate(Punctuators.Punctuation due, long nowMs)
    {
        CurrentTimestampMs = Math.Max(StreamTimeMs, 0);
        RunUnit(due.Node, () => due.Fire(nowMs));
    }

    private void AcceptUnit()
    {
        HasUncommitted |= _touched.Count > 0 || !Output.IsEmpty;
        foreach (StateStore store in _touched)
        {
            store.AcceptChanges();
        }

        _touched.Clear();
        Output.Release();
    }

    private void RejectUnit()
    {
        foreach (StateStore store in _touched)
        {
            store.RejectChanges();
        }

        _touched.Clear();
        Output.Discard();
    }

    private void Report(in ConsumedRecord raw, string node, RejectionRule rule, Exception failed)
    {
        HasUncommitted = true;
        _around.Metrics.Quarantined(Id, rule);
        TaskLog.Rejected(Logger, Id, raw.Partition.ToString(), raw.Offset, node, rule, failed.GetType().Name);
        var rejected = new RejectedRecord(
            raw.Offset < 0 ? RecordOrigin.None : new RecordOrigin(raw.Partition, raw.Offset), raw.TimestampMs, raw.Key,
            raw.Value, raw.Headers, rule, node, Id, failed);
        _around.Quarantine.Quarantine(rejected, Output);
        _blamed = null;
    }

    private ConsumedRecord NoRecord() => new(default, -1, CurrentTimestampMs, null, null, []);

    /// <summary>
    /// Whether the record is to blame. A broken Kafka is not its fault, nor is anything that may work when tried again (a
    /// schema registry that is away): then the transaction is given up and the record met again.
    /// </summary>
    private static bool IsPoison(Exception failed) =>
        failed is not (OutOfMemoryException or Fabric.Kafka.KafkaException or FabricException { IsRetriable: true });
}

using Fabric.Kafka.Broker;
using Fabric.Kafka.Broker.Topics;
using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// Fetch (1), versions 0 to 13.
/// <para>
/// Answers at once when there are <c>minBytes</c> or an error, else waits for appends until <c>maxWaitMs</c>. Consumers see what
/// is durable (and with read_committed, what is decided). The first batch is always sent, however large. Batches are read from
/// the segment files by the connection, not here.
/// </para>
/// <list type="bullet">
/// <item>v0-v3: records of format 2 all the same (formats 0 and 1 are gone; a client that old cannot read them).</item>
/// <item>v4: isolation level, aborted transactions. v5: log start. v7: sessions (every answer says 0: none is kept, which the
/// protocol allows). v9: leader epochs. v11: rack (ignored: one node). v12: flexible. v13: topic ids.</item>
/// </list>
/// </summary>
internal sealed class FetchApi(BrokerCore core) : IApiHandler
{
    /// <summary>Nothing ever fails over here, so that leadership has one epoch.</summary>
    public const int LeaderEpoch = 0;

    public short Key => 1;

    public string Name => "Fetch";

    public short MinVersion => 0;

    public short MaxVersion => 13;

    public short FirstFlexibleVersion => 12;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        var fetch = new PendingFetch(core, context, FetchRequest.Read(context.ApiVersion, ref body));
        fetch.Start();
    }
}

/// <summary>What one look at a partition gave.</summary>
internal struct FetchedPartition
{
    public LogState? State;
    public ErrorCode Error;
    public long HighWatermark;
    public long LastStableOffset;
    public long LogStartOffset;
    public FetchSlice? Slice;
}

/// <summary>A fetch that may have to wait. Only the loop touches it.</summary>
internal sealed class PendingFetch : ILogWatcher
{
    private readonly BrokerCore _core;
    private readonly RequestContext _context;
    private readonly FetchRequest _request;
    private readonly FetchedPartition[] _found;
    private bool _isWatching;
    private bool _isDone;
    private ScheduledAction? _timeout;

    public PendingFetch(BrokerCore core, RequestContext context, FetchRequest request)
    {
        _core = core;
        _context = context;
        _request = request;
        _found = new FetchedPartition[request.Count];
    }

    /// <summary>Answers, or waits.</summary>
    public void Start()
    {
        if (Look() || _request.MaxWaitMs <= 0 || _context.IsConnectionClosed)
        {
            Answer();
            return;
        }

        ReleaseSlices();
        Watch(true);
        _timeout = _core.Schedule(_context.NowMs + _request.MaxWaitMs, TimedOut);
        _context.WhenConnectionCloses = Abandon;
    }

    public void LogMoved()
    {
        if (_isDone)
        {
            return;
        }

        if (Look())
        {
            Answer();
        }
        else
        {
            ReleaseSlices();
        }
    }

    private void TimedOut()
    {
        if (!_isDone)
        {
            Look();
            Answer();
        }
    }

    private void Abandon()
    {
        _isDone = true;
        _timeout?.Cancel();
        Watch(false);
    }

    /// <returns>Whether there is enough, or an error to tell.</returns>
    private bool Look()
    {
        ReadOnlySpan<FetchPartition> partitions = _request.Partitions;
        int budget = Math.Clamp(_request.MaxBytes, 0, _core.Settings.Limits.FetchBytesMax);
        bool mustHaveOne = true;
        bool hasError = false;
        long bytes = 0;
        for (int i = 0; i < partitions.Length; i++)
        {
            ref FetchedPartition found = ref _found[i];
            Read(partitions[i], ref found, budget, mustHaveOne);
            int length = found.Slice?.Length ?? 0;
            bytes += length;
            budget = Math.Max(0, budget - length);
            mustHaveOne &= length == 0;
            hasError |= found.Error != ErrorCode.None;
        }

        return hasError || partitions.Length == 0 || bytes >= Math.Max(0, _request.MinBytes);
    }

    private void Read(in FetchPartition wanted, ref FetchedPartition found, int budget, bool mustHaveOne)
    {
        found = new FetchedPartition { HighWatermark = -1, LastStableOffset = -1, LogStartOffset = -1 };
        found.Error = Find(wanted, out LogState? state);
        if (found.Error != ErrorCode.None)
        {
            return;
        }

        PartitionLog log = state!.Log;
        found.State = state;
        found.HighWatermark = log.DurableOffset;
        found.LastStableOffset = log.LastStableOffset;
        found.LogStartOffset = log.StartOffset;
        if (wanted.Offset < log.StartOffset || wanted.Offset > log.EndOffset)
        {
            found.Error = ErrorCode.OffsetOutOfRange;
            return;
        }

        int bytesMax = Math.Min(budget, Math.Max(0, wanted.BytesMax));
        if (bytesMax > 0 || mustHaveOne)
        {
            found.Slice = log.Read(wanted.Offset, bytesMax, mustHaveOne, _request.IsReadCommitted);
            found.Error = found.Slice.Error;
        }
    }

    private ErrorCode Find(in FetchPartition wanted, out LogState? state)
    {
        state = null;
        bool byId = _context.ApiVersion >= 13;
        bool isKnown = byId
            ? _core.Topics.TryGet(wanted.TopicId, out Topic? topic)
            : _core.Topics.TryGet(wanted.Topic, out topic);
        if (!isKnown)
        {
            return byId ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition;
        }

        state = topic!.Find(wanted.Index);
        return state is null ? ErrorCode.UnknownTopicOrPartition : LeaderEpochs.Check(wanted.CurrentLeaderEpoch);
    }

    private void Watch(bool isOn)
    {
        if (_isWatching == isOn)
        {
            return;
        }

        _isWatching = isOn;
        for (int i = 0; i < _found.Length; i++)
        {
            if (isOn)
            {
                _found[i].State?.Watchers.Add(this);
            }
            else
            {
                _found[i].State?.Watchers.Remove(this);
            }
        }
    }

    private void Answer()
    {
        _isDone = true;
        _timeout?.Cancel();
        Watch(false);
        _context.WhenConnectionCloses = null;
        FetchAnswer.Write(_context.Response, _context.ApiVersion, _request, _found, out long bytes);
        _core.Metrics.Fetched(bytes);
        _context.Send();
    }

    private void ReleaseSlices()
    {
        for (int i = 0; i < _found.Length; i++)
        {
            _found[i].Slice?.Dispose();
            _found[i].Slice = null;
        }
    }
}

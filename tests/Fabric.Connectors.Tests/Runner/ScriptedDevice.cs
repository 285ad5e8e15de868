using Fabric.Connectors.Runner;

namespace Fabric.Connectors.Tests.Runner;

/// <summary>
/// A device that outlives the sessions with it, as a broker with a persistent session does: it repeats what was not acknowledged,
/// and holds the connector to its contract (nothing acknowledged twice, out of order, or before it is durable).
/// </summary>
/// <remarks>Message n of the script is number n, from 1. The position of its source is the last number taken.</remarks>
internal sealed class ScriptedDevice(int perBatch = 2)
{
    private readonly Lock _lock = new();
    private readonly List<Action<SourceBatch>> _messages = [];
    private readonly List<string> _calls = [];
    private readonly Signal _signal = new();
    private int _next;

    /// <summary>Messages acknowledged so far: 1 to this number.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>Looked at before each acknowledgement up to a number is taken.</summary>
    public Action<int> Acknowledging { get; set; } = _ => { };

    /// <summary>Looked at whenever a batch was read.</summary>
    public Action Reading { get; set; } = () => { };

    /// <summary>What sources were asked to do, in order.</summary>
    public string[] Calls
    {
        get
        {
            lock (_lock)
            {
                return [.. _calls];
            }
        }
    }

    public int MessageCount
    {
        get
        {
            lock (_lock)
            {
                return _messages.Count;
            }
        }
    }

    public void Say(params ReadOnlySpan<Action<SourceBatch>> messages)
    {
        lock (_lock)
        {
            _messages.AddRange(messages);
        }

        _signal.Pulse();
    }

    public ISource Open() => new Source(this);

    public Task WhenAcknowledgedAsync(int count, Func<string> otherwise) =>
        _signal.WaitUntilAsync(() => Acknowledged >= count, () => $"{Acknowledged} of {count} acknowledged\n{otherwise()}");

    public Task WhenCalledAsync(string call) =>
        _signal.WaitUntilAsync(() => Calls.Contains(call), () => $"No '{call}' among {string.Join(", ", Calls)}");

    private void Note(string call)
    {
        lock (_lock)
        {
            _calls.Add(call);
        }

        _signal.Pulse();
    }

    private async Task<int> TakeAsync(SourceBatch batch, int position, CancellationToken cancellationToken)
    {
        int end = 0;
        await using CancellationTokenRegistration waking = cancellationToken.Register(_signal.Pulse);
        await _signal.WaitUntilAsync(
            () =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                lock (_lock)
                {
                    end = Math.Min(_next + perBatch, _messages.Count);
                    return end > _next;
                }
            },
            () => "nothing was said");
        for (; _next < end; _next++)
        {
            // What was durable before this session is repeated, and not taken again.
            if (_next >= position)
            {
                _messages[_next](batch);
            }
        }

        Note($"read {end}");
        Reading();
        return end;
    }

    private void Acknowledge(int upTo)
    {
        Acknowledging(upTo);
        Assert.True(upTo >= Acknowledged, $"{upTo} is acknowledged after {Acknowledged}");
        Acknowledged = upTo;
        Note($"acknowledge {upTo}");
    }

    private sealed class Source(ScriptedDevice device) : ISource
    {
        private int _position;

        public (string Namespace, string Name) Dataset => ("scripted://device", "all");

        public Task StartAsync(ReadOnlyMemory<byte> position, CancellationToken cancellationToken)
        {
            _position = position.IsEmpty ? 0 : BitConverter.ToInt32(position.Span);
            Assert.True(_position >= device.Acknowledged, $"Position {_position} was read back, {device.Acknowledged} are acknowledged");
            device._next = device.Acknowledged;
            device.Note($"start {_position}");
            return Task.CompletedTask;
        }

        public async ValueTask ReadAsync(SourceBatch batch, CancellationToken cancellationToken) =>
            _position = Math.Max(_position, await device.TakeAsync(batch, _position, cancellationToken));

        public void WritePosition(System.Buffers.IBufferWriter<byte> output)
        {
            BitConverter.TryWriteBytes(output.GetSpan(sizeof(int)), _position);
            output.Advance(sizeof(int));
        }

        public ValueTask AcknowledgeAsync(SourceBatch batch, CancellationToken cancellationToken)
        {
            device.Acknowledge(device._next);
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            device.Note("close");
            return ValueTask.CompletedTask;
        }
    }
}

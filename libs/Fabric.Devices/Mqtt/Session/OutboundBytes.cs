using Fabric.Devices.Mqtt.Packets;

namespace Fabric.Devices.Mqtt.Session;

/// <summary>
/// What goes to the socket: writers append whole packets under <see cref="Sync"/> and call <see cref="Flush"/>; whoever finds
/// the socket idle writes, and goes on until nothing is left, so that packets which pile up meanwhile go out in one write.
/// Nobody waits for the socket here; whoever may pile up much waits in <see cref="DrainAsync"/>.
/// </summary>
internal sealed class OutboundBytes(Stream stream, Action onSent, Action<Exception> onFailed) : IDisposable
{
    private const int KeptBytesMax = 1 << 20;

    private PacketBuffer _filling = new(4096);
    private PacketBuffer _sending = new(4096);
    private bool _writing;
    private bool _broken;
    private TaskCompletionSource? _drained;

    /// <summary>Held while a packet is appended to <see cref="Buffer"/>.</summary>
    public Lock Sync { get; } = new();

    /// <summary>Where packets are appended, under <see cref="Sync"/>.</summary>
    public PacketBuffer Buffer => _filling;

    /// <summary>Starts writing if nobody does. Does not wait for the socket.</summary>
    public void Flush()
    {
        lock (Sync)
        {
            if (_writing || _broken || _filling.Length == 0)
            {
                return;
            }

            _writing = true;
            Swap();
        }

        // Owned by itself: every failure ends in onFailed.
        _ = PumpAsync();
    }

    /// <summary>Waits until at most <paramref name="bytesMax"/> wait (0: until all is written), or the connection broke.</summary>
    public async Task DrainAsync(int bytesMax, CancellationToken cancellation)
    {
        while (true)
        {
            Task drained;
            lock (Sync)
            {
                if (_broken || !_writing || (bytesMax > 0 && _filling.Length <= bytesMax))
                {
                    return;
                }

                _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                drained = _drained.Task;
            }

            await drained.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Call when nothing writes any more.</summary>
    public void Dispose()
    {
        lock (Sync)
        {
            _broken = true;
            _filling.Dispose();
            if (!_writing)
            {
                _sending.Dispose();
            }

            _drained?.TrySetResult();
        }
    }

    private async Task PumpAsync()
    {
        try
        {
            do
            {
                await stream.WriteAsync(_sending.WrittenMemory).ConfigureAwait(false);
                onSent();
            }
            while (More());
        }
        catch (Exception failure)
        {
            // Whatever it was, the connection is over, and whoever owns it is told why.
            Break();
            onFailed(failure);
        }
    }

    private bool More()
    {
        lock (Sync)
        {
            Shrink();
            TaskCompletionSource? drained = _drained;
            _drained = null;
            drained?.TrySetResult();
            if (_broken || _filling.Length == 0)
            {
                _writing = false;
                return false;
            }

            Swap();
            return true;
        }
    }

    private void Break()
    {
        lock (Sync)
        {
            _broken = true;
            _writing = false;
            _drained?.TrySetResult();
        }
    }

    private void Swap() => (_filling, _sending) = (_sending, _filling);

    private void Shrink()
    {
        bool large = _sending.Length > KeptBytesMax;
        _sending.Clear();
        if (large)
        {
            _sending.Dispose();
            _sending = new PacketBuffer(4096);
        }
    }
}

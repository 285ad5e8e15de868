using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Fabric.Devices.Mqtt.Session;

/// <summary>The client's state and its changes, to any number of observers; each change is logged once, here. Thread-safe.</summary>
internal sealed class StateStream(TimeProvider clock, ILogger logger, string clientId)
{
    private const int ObserverLagMax = 1_024;

    private readonly Lock _sync = new();
    private readonly List<Channel<MqttConnectionState>> _observers = [];
    private MqttConnectionState _current = new MqttConnectionState.Idle(clock.GetUtcNow());

    public MqttConnectionState Current
    {
        get
        {
            lock (_sync)
            {
                return _current;
            }
        }
    }

    public void Change(MqttConnectionState state)
    {
        lock (_sync)
        {
            if (_current is MqttConnectionState.Stopped)
            {
                return;
            }

            _current = state with { Number = _current.Number + 1 };
            foreach (Channel<MqttConnectionState> observer in _observers)
            {
                observer.Writer.TryWrite(_current);
                if (state is MqttConnectionState.Stopped)
                {
                    observer.Writer.TryComplete();
                }
            }
        }

        MqttLog.StateChanged(logger, clientId, state);
    }

    public async IAsyncEnumerable<MqttConnectionState> WatchAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        // An observer that stands still must not hold the connection up: it misses the oldest, and sees it by the numbers.
        var channel = Channel.CreateBounded<MqttConnectionState>(
            new BoundedChannelOptions(ObserverLagMax) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_sync)
        {
            channel.Writer.TryWrite(_current);
            _observers.Add(channel);
            if (_current is MqttConnectionState.Stopped)
            {
                channel.Writer.TryComplete();
            }
        }

        try
        {
            await foreach (MqttConnectionState state in channel.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
            {
                yield return state;
            }
        }
        finally
        {
            lock (_sync)
            {
                _observers.Remove(channel);
            }
        }
    }
}

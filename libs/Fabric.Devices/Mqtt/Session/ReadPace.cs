using System.Net.Sockets;

namespace Fabric.Devices.Mqtt.Session;

/// <summary>
/// Batches reads of a busy socket. Brokers write every message by itself, so reading each as it comes costs a wake-up and a
/// system call per message. When reads follow each other faster than the interval, the socket's low-water mark (SO_RCVLOWAT) is
/// raised, so that arriving bytes wake nobody, and the socket is read once an interval. When several looks in a row find nothing,
/// the mark goes back and the next byte wakes the reader at once: a quiet line has no added latency. One user at a time.
/// </summary>
internal sealed class ReadPace(Socket socket, bool isTls, TimeSpan interval, TimeProvider clock)
{
    /// <summary>
    /// More than the receive buffer holds. Linux grows the buffer along with the mark (as far as tcp_rmem allows), which is
    /// wanted: at QoS 0 a broker drops what the buffer cannot take while we are late.
    /// </summary>
    private const int QuietBytes = 4 << 20;

    private const int EmptyLooksMax = 8;

    private long _last;
    private bool _isBusy;
    private bool _isWanted;

    /// <summary>
    /// A read ended; <paramref name="isWanted"/>: it brought messages and there is probably no more. Answers to what we
    /// published are not waited for: somebody waits for them.
    /// </summary>
    public void Read(bool isWanted)
    {
        _last = clock.GetTimestamp();
        _isWanted = isWanted;
    }

    /// <summary>Waits until the next read is worth its price.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellation)
    {
        if (interval == TimeSpan.Zero)
        {
            return;
        }

        if (!_isWanted)
        {
            // The coming read may find nothing and wait: it must be woken.
            SetBusy(false);
            return;
        }

        TimeSpan left = interval - clock.GetElapsedTime(_last);
        if (left > TimeSpan.Zero)
        {
            SetBusy(true);
            await Task.Delay(left, clock, cancellation).ConfigureAwait(false);
        }

        for (int look = 1; _isBusy && socket.Available == 0; look++)
        {
            if (look == EmptyLooksMax)
            {
                SetBusy(false);
                return;
            }

            await Task.Delay(interval, clock, cancellation).ConfigureAwait(false);
        }
    }

    private void SetBusy(bool busy)
    {
        // A read through TLS may need several reads of the socket before it returns: there the mark stays low.
        if (busy == _isBusy || isTls)
        {
            return;
        }

        _isBusy = busy;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReceiveLowWater, busy ? QuietBytes : 1);
    }
}

using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Fabric.Devices.Mqtt.Packets;

namespace Fabric.Devices.Mqtt.Session;

/// <summary>
/// One live connection, from CONNACK to its end: reads the socket, keeps it alive, writes what it is given. The first cause of
/// its end wins and is what <see cref="RunAsync"/> returns.
/// </summary>
internal sealed class MqttConnection : IDisposable
{
    private const int ReadBytes = 64 * 1024;

    private readonly Stream _stream;
    private readonly MqttClientOptions _options;
    private readonly TimeProvider _clock;
    private readonly ReadPace _pace;
    private readonly PipeReader _input;
    private readonly OutboundBytes _output;
    private readonly TopicAliases _aliasesOut = new();
    private readonly PacketBuffer _scratch = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource<MqttCause> _cause = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private KeepAlive _keepAlive;

    private MqttConnection(
        Stream stream, Socket socket, MqttClientOptions options, MqttProtocolVersion version, TimeProvider clock)
    {
        Version = version;
        _pace = new ReadPace(socket, options.UsesTls, options.ReadInterval, clock);
        _stream = stream;
        _options = options;
        _clock = clock;
        _keepAlive = new KeepAlive(options.KeepAlive, options.PingTimeout, Now());
        _input = PipeReader.Create(
            stream, new StreamPipeReaderOptions(bufferSize: ReadBytes, minimumReadSize: ReadBytes / 8, leaveOpen: true));
        _output = new OutboundBytes(stream, () => _keepAlive.Sent(Now()), failure => End(Network(failure)));
        Limits = new ServerLimits();
    }

    /// <summary>What is spoken here.</summary>
    public MqttProtocolVersion Version { get; }

    /// <summary>What the broker allows; from CONNACK.</summary>
    public ServerLimits Limits { get; private set; }

    /// <summary>When anything last came over this connection.</summary>
    public DateTimeOffset LastAliveAt => _clock.GetUtcNow() - (Now() - _keepAlive.LastHeard);

    /// <summary>Connects, sends CONNECT and waits for the answer. No connection: null, and the cause.</summary>
    public static async Task<(MqttConnection? Connection, ConnackPacket? Connack, MqttCause? Cause)> OpenAsync(
        MqttClientOptions options, MqttProtocolVersion version, TimeProvider clock, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(options.ConnectTimeout, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        MqttConnection? connection = null;
        try
        {
            (Stream stream, Socket socket) = await MqttTransport.ConnectAsync(options, both.Token).ConfigureAwait(false);
            connection = new MqttConnection(stream, socket, options, version, clock);
            connection.Send(ConnectRequest.From(options, version));
            connection.Flush();
            (ConnackPacket? connack, MqttCause? cause) = await connection.ReadConnackAsync(both.Token).ConfigureAwait(false);
            if (connack is null)
            {
                connection.Dispose();
                return (null, null, cause);
            }

            connection.Accept(connack);
            return (connection, connack, null);
        }
        catch (OperationCanceledException)
        {
            connection?.Dispose();
            cancellation.ThrowIfCancellationRequested();
            return (null, null, new MqttCause(
                MqttCauseKind.ConnectTimeout, null, $"no answer to CONNECT within {options.ConnectTimeout.TotalSeconds:0.###} s"));
        }
        catch (DeviceException failure)
        {
            MqttCauseKind kind = failure.Code == MqttTransport.TlsCode ? MqttCauseKind.Tls : MqttCauseKind.Network;
            return (null, null, new MqttCause(kind, null, failure.Message));
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            connection?.Dispose();
            return (null, null, new MqttCause(MqttCauseKind.ConnectUnanswered, null, failure.Message));
        }
    }

    /// <summary>Runs until the connection ends, feeding <paramref name="inbound"/> and <paramref name="onControl"/>.</summary>
    public async Task<MqttCause> RunAsync(InboundSession inbound, Action<MqttPacket> onControl)
    {
        Task reading = ReadAsync(new InboundDecoder(_options, inbound, this, onControl), inbound);
        Task pinging = PingAsync(inbound);
        MqttCause cause = await _cause.Task.ConfigureAwait(false);
        await _ending.CancelAsync().ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(reading, pinging).ConfigureAwait(false);
        return cause;
    }

    /// <summary>Ends the connection; the first cause wins.</summary>
    public void End(MqttCause cause) => _cause.TrySetResult(cause);

    /// <summary>Appends a packet; <see cref="Flush"/> sends it.</summary>
    public void Send(MqttPacket packet)
    {
        lock (_output.Sync)
        {
            packet.Encode(_output.Buffer, Version);
        }
    }

    /// <summary>Appends a PINGREQ; its answer confirms what was acknowledged before.</summary>
    public void SendPing(InboundSession inbound)
    {
        lock (inbound.Sync)
        {
            inbound.BeginFence();
            Send(PingreqPacket.Instance);
        }
    }

    /// <summary>Appends a PUBLISH, with a topic alias where the broker takes them. Anything but Success: nothing was appended.</summary>
    public MqttReasonCode SendPublish(PublishPacket packet)
    {
        lock (_output.Sync)
        {
            PublishPacket aliased = _aliasesOut.Apply(packet, Limits.TopicAliasMaximum, out Action? commit);
            int start = _output.Buffer.Length;
            aliased.EncodeWithoutPayload(_output.Buffer, Version, _scratch);
            if (_output.Buffer.Length - start + packet.Payload.Length > Limits.PacketBytesMax)
            {
                _output.Buffer.Truncate(start);
                return MqttReasonCode.PacketTooLarge;
            }

            _output.Buffer.WriteRaw(packet.Payload.Span);
            commit?.Invoke();
            return MqttReasonCode.Success;
        }
    }

    /// <summary>Appends through <paramref name="write"/> while nobody else does.</summary>
    public int Write<TState>(TState state, Func<TState, PacketBuffer, int> write)
    {
        lock (_output.Sync)
        {
            return write(state, _output.Buffer);
        }
    }

    public void Flush() => _output.Flush();

    /// <summary>Waits until at most so many bytes wait to be sent; 0: until all are written.</summary>
    public Task DrainAsync(int bytesMax, CancellationToken cancellation) => _output.DrainAsync(bytesMax, cancellation);

    /// <summary>Says DISCONNECT, waits for it to be written at most <paramref name="bound"/>, and ends.</summary>
    public async Task CloseAsync(MqttReasonCode reason, MqttCause cause, TimeSpan bound)
    {
        Send(new DisconnectPacket(reason));
        Flush();
        using var timeout = new CancellationTokenSource(bound, _clock);
        try
        {
            await DrainAsync(0, timeout.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The broker does not read: it will see the connection close instead.
        }

        End(cause);
    }

    public void Dispose()
    {
        End(new MqttCause(MqttCauseKind.Stopped, null, "the connection was closed"));
        _ending.Cancel();
        _stream.Dispose();
        _input.Complete();
        _output.Dispose();
        _scratch.Dispose();
        _ending.Dispose();
    }

    private static MqttCause Network(Exception failure) => new(MqttCauseKind.Network, null, failure.Message);

    private static MqttCause Closed(MqttCauseKind kind) =>
        new(kind, null, "the broker closed the connection without a word");

    private TimeSpan Now() => _clock.GetElapsedTime(0);

    private void Accept(ConnackPacket connack)
    {
        Limits = ServerLimits.From(Version, connack.Properties);
        if (connack.Properties?.ServerKeepAlive is { } seconds)
        {
            _keepAlive = new KeepAlive(TimeSpan.FromSeconds(seconds), _options.PingTimeout, Now());
        }
        else
        {
            _keepAlive.Heard(Now());
        }
    }

    private async Task<(ConnackPacket? Connack, MqttCause? Cause)> ReadConnackAsync(CancellationToken cancellation)
    {
        while (true)
        {
            ReadResult read = await _input.ReadAsync(cancellation).ConfigureAwait(false);
            FrameStatus status = PacketDecoder.TryDecode(
                read.Buffer, Version, _options.PacketBytesMax,
                out MqttPacket? packet, out int consumed, out Malformed malformed);
            if (status == FrameStatus.More && !read.IsCompleted)
            {
                _input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }

            if (status == FrameStatus.Done)
            {
                _input.AdvanceTo(read.Buffer.GetPosition(consumed));
                MqttCause? refusal = ConnectRequest.Judge(packet!);
                return (refusal is null ? (ConnackPacket)packet! : null, refusal);
            }

            return (null, status == FrameStatus.More ? Closed(MqttCauseKind.ConnectUnanswered) : Violation(malformed));
        }
    }

    private static MqttCause Violation(Malformed malformed) => new(
        MqttCauseKind.ProtocolError, malformed.ToReasonCode(), $"the broker sent a malformed packet: {malformed}");

    private async Task ReadAsync(InboundDecoder decoder, InboundSession inbound)
    {
        try
        {
            while (true)
            {
                await _pace.WaitAsync(_ending.Token).ConfigureAwait(false);
                ReadResult read = await _input.ReadAsync(_ending.Token).ConfigureAwait(false);
                _keepAlive.Heard(Now());
                long before = inbound.MessagesReceived;
                ReadOnlySequence<byte> rest = read.Buffer;
                while (decoder.Decode(ref rest) == InboundStatus.Full)
                {
                    await WaitForRoomAsync(inbound).ConfigureAwait(false);
                }

                _pace.Read(isWanted: inbound.MessagesReceived > before && read.Buffer.Length < ReadBytes / 2);
                _input.AdvanceTo(rest.Start, rest.End);
                if (decoder.Violation != Malformed.None)
                {
                    await RefuseAsync(decoder.Violation).ConfigureAwait(false);
                    return;
                }

                if (read.IsCompleted)
                {
                    End(Closed(MqttCauseKind.Network));
                    return;
                }
            }
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException or OperationCanceledException)
        {
            End(Network(failure));
        }
        catch (Exception failure)
        {
            // A fault of ours must end the connection visibly rather than leave it deaf.
            End(new MqttCause(MqttCauseKind.ProtocolError, MqttReasonCode.ImplementationSpecificError, failure.Message));
            throw;
        }
    }

    private async Task WaitForRoomAsync(InboundSession inbound)
    {
        // While we wait for a PINGRESP ourselves, silence does prove something.
        lock (inbound.Sync)
        {
            if (!inbound.AwaitsFence)
            {
                _keepAlive.Suspend();
            }
        }

        await inbound.WaitForRoomAsync(_ending.Token).ConfigureAwait(false);
        _keepAlive.Resume(Now());
    }

    private async Task RefuseAsync(Malformed malformed)
    {
        MqttCause cause = Violation(malformed);
        if (Version == MqttProtocolVersion.V5)
        {
            await CloseAsync(cause.Reason!.Value, cause, TimeSpan.FromSeconds(1)).ConfigureAwait(false);
        }

        End(cause);
    }

    private async Task PingAsync(InboundSession inbound)
    {
        try
        {
            while (true)
            {
                KeepAliveStep step = _keepAlive.Next(Now());
                if (step.Action == KeepAliveAction.Dead)
                {
                    End(new MqttCause(
                        MqttCauseKind.KeepAliveTimeout, MqttReasonCode.KeepAliveTimeout,
                        $"nothing came within {_options.PingTimeout.TotalSeconds:0.###} s after PINGREQ"));
                    return;
                }

                if (step.Action == KeepAliveAction.SendPing)
                {
                    SendPing(inbound);
                    Flush();
                }

                await Task.Delay(step.Wait, _clock, _ending.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The connection ended; its cause is known elsewhere.
        }
    }
}

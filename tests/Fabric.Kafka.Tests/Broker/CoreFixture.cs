using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Text;
using Fabric.Core;
using Fabric.Kafka.Api;
using Fabric.Kafka.Broker;
using Fabric.Kafka.Broker.Topics;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Server;
using Fabric.Kafka.Transactions;
using Fabric.Testing;
using Microsoft.Extensions.Logging;

namespace Fabric.Kafka.Tests.Broker;

/// <summary>A broker without sockets and threads, on a clock that stands still: a request is answered within one step.</summary>
internal sealed class CoreFixture : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly RequestMemory _memory = new(long.MaxValue);
    private readonly BrokerCoreSettings _settings;
    private DataDirectory _directory;
    private readonly FailureLog _failures = new();
    private int _correlationId;
    private bool _isOpen;

    public CoreFixture(BrokerCoreSettings? settings = null, IReadOnlyDictionary<string, string>? users = null, ILogFlusher? flusher = null)
    {
        _settings = settings ?? new BrokerCoreSettings();
        Users = users ?? new Dictionary<string, string>();
        Open(flusher ?? new InlineLogFlusher());
    }

    public ManualTimeProvider Clock { get; } = new();

    public IReadOnlyDictionary<string, string> Users { get; }

    public BrokerCore Core { get; private set; }

    public ApiTable Table { get; private set; }

    public RequestDispatcher Dispatcher { get; private set; }

    public string Folder => _folder["data"];

    /// <summary>The last request that failed by a fault of the broker: there must be none.</summary>
    public string? HandlerFailure => _failures.Last;

    /// <summary>Closes everything in order and opens it again from the same folder.</summary>
    public void Restart(ILogFlusher? flusher = null)
    {
        Close();
        Open(flusher ?? new InlineLogFlusher());
    }

    /// <summary>Sends one request on a connection of its own and steps once; null when it is not answered yet or ever.</summary>
    public byte[]? Exchange(byte[] frame, SaslSession? sasl = null)
    {
        PendingResponse pending = Post(frame, sasl ?? new SaslSession(Users));
        while (Core.Step())
        {
        }

        return ResponseOf(pending);
    }

    public PendingResponse Post(byte[] frame, SaslSession sasl)
    {
        byte[] buffer = _memory.Take(Math.Max(1, frame.Length));
        frame.CopyTo(buffer, 0);
        var pending = new PendingResponse();
        Dispatcher.Dispatch(new RequestFrame(buffer, frame.Length, _memory), pending, sasl, "/127.0.0.1");
        return pending;
    }

    /// <summary>The response's bytes after the size, once it is there; null before, and for a closed connection or no answer.</summary>
    public static byte[]? ResponseOf(PendingResponse pending)
    {
        if (!pending.IsDone || pending.AbandonReason is not null)
        {
            return null;
        }

        if (pending.Raw is { } raw)
        {
            return raw;
        }

        using (pending.Context!.Response)
        {
            if (!pending.Context.HasResponse)
            {
                return null;
            }

            var stream = new MemoryStream();
            var pipe = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
            var writer = new ResponseWriter(pipe);
            writer.WriteAsync(pending.Context, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            writer.FlushAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
            byte[] bytes = stream.ToArray();
            Assert.Equal(bytes.Length - 4, BinaryPrimitives.ReadInt32BigEndian(bytes));
            return bytes[4..];
        }
    }

    /// <summary>A whole request: header, then body.</summary>
    public byte[] Frame(short key, short version, byte[] body, string clientId = "test")
    {
        bool isFlexible = Table.Find(key) is { } handler && version >= handler.FirstFlexibleVersion;
        var frame = new MemoryStream();
        Span<byte> head = stackalloc byte[10];
        BinaryPrimitives.WriteInt16BigEndian(head, key);
        BinaryPrimitives.WriteInt16BigEndian(head[2..], version);
        BinaryPrimitives.WriteInt32BigEndian(head[4..], ++_correlationId);
        BinaryPrimitives.WriteInt16BigEndian(head[8..], (short)clientId.Length);
        frame.Write(head);
        frame.Write(Encoding.UTF8.GetBytes(clientId));
        if (isFlexible)
        {
            frame.WriteByte(0);
        }

        frame.Write(body);
        return frame.ToArray();
    }

    /// <summary>Sends a request described by Kafka's definitions and decodes the answer by them.</summary>
    public Fields Ask(short key, short version, Fields values) =>
        TryAsk(key, version, values) ?? throw new InvalidOperationException($"Key {key} version {version} was not answered");

    public Fields? TryAsk(short key, short version, Fields values)
    {
        byte[]? response = Exchange(Frame(key, version, KafkaMessages.Instance!.EncodeRequest(key, version, values)));
        return response is null ? null : Decode(key, version, response);
    }

    public Fields Decode(short key, short version, byte[] response)
    {
        Assert.Equal(_correlationId, BinaryPrimitives.ReadInt32BigEndian(response));
        bool hasTags = KafkaMessages.Instance!.IsFlexible(key, version) && key != 18;
        return KafkaMessages.Instance.DecodeResponse(key, version, response.AsSpan(hasTags ? 5 : 4));
    }

    public void CreateTopic(string name, int partitions = 1, params (string Name, string Value)[] configs) =>
        Core.CreateTopic(name, partitions, configs.ToDictionary(config => config.Name, config => config.Value));

    public void CreateTopicIfMissing(string name)
    {
        if (!Core.Topics.TryGet(name, out _))
        {
            CreateTopic(name);
        }
    }

    public void Dispose()
    {
        Close();
        _folder.Dispose();
    }

    private void Close()
    {
        if (!_isOpen)
        {
            return;
        }

        _isOpen = false;
        Core.Dispose();
        _directory.Dispose();
    }

    [System.Diagnostics.CodeAnalysis.MemberNotNull(nameof(Core), nameof(Table), nameof(Dispatcher), nameof(_directory))]
    private void Open(ILogFlusher flusher)
    {
        var ids = new SystemIdSource(Clock);
        _directory = DataDirectory.Open(Folder, ids);
        _isOpen = true;
        Core = new BrokerCore(
            _settings, _directory, flusher, new InlineLogCompactor(), new BrokerMetrics(), Clock, new Random(1), ids, _failures);
        Core.AdvertisedPort = 9092;
        Table = BrokerApis.Open(Core, new GroupOptions(), new TransactionOptions(), _failures);
        Dispatcher = new RequestDispatcher(Table, Core.Post);
    }
}

/// <summary>Keeps the last error that is no failing disk.</summary>
internal sealed class FailureLog : ILogger
{
    public string? Last { get; private set; }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel >= LogLevel.Error && exception is not null and not IOException)
        {
            Last = $"{formatter(state, exception)}: {exception}";
        }
    }
}

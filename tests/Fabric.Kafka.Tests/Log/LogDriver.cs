using System.Text;
using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;
using Fabric.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Kafka.Tests.Log;

/// <summary>Drives a log in memory with random producers, and keeps the model of it.</summary>
internal sealed class LogDriver(Random random, MemoryLogFiles files, LogConfig config)
{
    private const string Folder = "/log";
    private const int ProducerCount = 4;

    private readonly int[] _nextSequence = new int[ProducerCount];
    private readonly bool[] _isInTransaction = new bool[ProducerCount];

    public LogModel Model { get; } = new();

    public ManualTimeProvider Clock { get; } = new();

    public LogConfig Config { get; set; } = config;

    public PartitionLog Log { get; private set; } = null!;

    /// <summary>Keys are drawn from this many.</summary>
    public int KeyCount { get; set; } = 10;

    public long NowMs => Clock.GetUtcNow().ToUnixTimeMilliseconds();

    public PartitionLog Open(MemoryLogFiles? on = null) =>
        PartitionLog.Open(Folder, Config, Clock, NullLogger.Instance, on ?? files);

    public void Start() => Log = Open();

    public void Restart()
    {
        Log.Dispose();
        Start();
    }

    /// <summary>Appends a random batch or marker.</summary>
    public ErrorCode AppendRandom()
    {
        int kind = random.Next(10);
        int producer = random.Next(ProducerCount);
        return kind switch
        {
            < 3 => Append(Batch(-1, 0, isTransactional: false)),
            < 5 when !_isInTransaction[producer] => AppendOf(producer, isTransactional: false),
            < 8 => AppendOf(producer, isTransactional: true),
            _ => End(producer, random.Next(2) == 0),
        };
    }

    public ErrorCode Append(byte[] batch)
    {
        AppendResult result = Log.Append(batch, NowMs);
        if (result.Error == ErrorCode.None)
        {
            Assert.False(result.IsDuplicate);
            Assert.Equal(Model.EndOffset, result.BaseOffset);
            Model.Appended(batch, NowMs);
        }

        return result.Error;
    }

    public ErrorCode End(int producer, bool commit)
    {
        if (!_isInTransaction[producer])
        {
            return ErrorCode.None;
        }

        ErrorCode error = AppendMarker(producer, commit);
        _isInTransaction[producer] = error != ErrorCode.None;
        return error;
    }

    public ErrorCode AppendMarker(long producerId, bool commit)
    {
        AppendResult result = Log.AppendControl(producerId, 0, commit, 0, NowMs);
        if (result.Error == ErrorCode.None)
        {
            byte[] marker = ControlRecord.Build(producerId, 0, commit, 0, NowMs);
            RecordBatchHeader.WriteBaseOffset(marker, result.BaseOffset);
            Model.Appended(marker, NowMs);
        }

        return result.Error;
    }

    /// <summary>Ends everything that is open, so that all is decided.</summary>
    public void EndAll()
    {
        for (int producer = 0; producer < ProducerCount; producer++)
        {
            Assert.Equal(ErrorCode.None, End(producer, random.Next(2) == 0));
        }
    }

    public void MakeDurable() => Log.MarkDurable(Log.Flush());

    /// <summary>After the log lost its tail: producers go on where the model says they stand.</summary>
    public void CutModelTo(long endOffset)
    {
        Model.CutTo(endOffset);
        for (int producer = 0; producer < ProducerCount; producer++)
        {
            ModelBatch? last = Model.Batches.FindLast(batch => batch.ProducerId == producer && !batch.IsControl);
            _nextSequence[producer] = last is null ? 0
                : new RecordBatchHeader(last.Bytes).BaseSequence + new RecordBatchHeader(last.Bytes).RecordCount;
            ModelBatch? any = Model.Batches.FindLast(batch => batch.ProducerId == producer);
            _isInTransaction[producer] = any is { IsTransactional: true, IsControl: false };
        }
    }

    private ErrorCode AppendOf(int producer, bool isTransactional)
    {
        byte[] batch = Batch(producer, _nextSequence[producer], isTransactional);
        ErrorCode error = Append(batch);
        if (error == ErrorCode.None)
        {
            _nextSequence[producer] += new RecordBatchHeader(batch).RecordCount;
            _isInTransaction[producer] = isTransactional;
        }

        return error;
    }

    private byte[] Batch(long producer, int sequence, bool isTransactional)
    {
        var builder = new RecordBatchBuilder
        {
            ProducerId = producer,
            ProducerEpoch = producer < 0 ? (short)-1 : (short)0,
            BaseSequence = producer < 0 ? -1 : sequence,
            Flags = isTransactional ? RecordBatchHeader.TransactionalBit : (short)0,
            Codec = random.Next(4) == 0 ? CompressionCodec.Gzip : CompressionCodec.None,
        };
        int records = 1 + random.Next(4);
        for (int i = 0; i < records; i++)
        {
            byte[] key = Encoding.UTF8.GetBytes($"key{random.Next(KeyCount)}");
            byte[] value = new byte[random.Next(60)];
            random.NextBytes(value);
            builder.Add(key, random.Next(6) == 0 ? null : value, NowMs - random.Next(5000));
        }

        return builder.ToArray();
    }
}

using Fabric.Core;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;
using Fabric.Kafka.Tests.Groups;
using Fabric.Kafka.Transactions;
using Fabric.Testing;

namespace Fabric.Kafka.Tests.Transactions;

/// <summary>Both coordinators on a fake broker, and short ways to say what a producer says.</summary>
internal sealed class TransactionFixture : IDisposable
{
    public const string Id = "plant.contextualize.edge-1";
    public const string GroupId = "plant.contextualize";
    public const int TimeoutMs = 10_000;

    private readonly TempFolder _folder = new();
    private readonly TransactionOptions _options;

    public TransactionFixture(TransactionOptions? options = null, int seed = 0)
    {
        _options = options ?? new TransactionOptions { ConcurrentWait = TimeSpan.Zero };
        Broker = new FakeBroker(_folder.Path, seed);
        Broker.AddTopic("raw", 3);
        Broker.AddTopic("telemetry", 3);
        Load();
    }

    public FakeBroker Broker { get; private set; }

    public GroupCoordinator Groups { get; private set; } = null!;

    public TransactionCoordinator Coordinator { get; private set; } = null!;

    public TransactionImage Image(string id = Id) => Coordinator.Transactions.Single(each => each.TransactionalId == id);

    public static TopicPartition Out(int partition) => new("telemetry", partition);

    public Reply<ProducerIdReply> BeginInit(string? id = Id, long producerId = -1, short epoch = -1, int timeoutMs = TimeoutMs)
    {
        var reply = new Reply<ProducerIdReply>();
        Coordinator.InitProducerId(id, timeoutMs, producerId, epoch, reply.Set);
        return reply;
    }

    public ProducerIdReply Init(string? id = Id, long producerId = -1, short epoch = -1, int timeoutMs = TimeoutMs)
    {
        Reply<ProducerIdReply> reply = BeginInit(id, producerId, epoch, timeoutMs);
        Broker.Settle();
        return reply.Value;
    }

    public Reply<ErrorCode> BeginAdd(ProducerIdReply producer, params TopicPartition[] partitions)
    {
        var reply = new Reply<ErrorCode>();
        Coordinator.AddPartitions(Id, producer.ProducerId, producer.Epoch, partitions, reply.Set);
        return reply;
    }

    public ErrorCode Add(ProducerIdReply producer, params TopicPartition[] partitions)
    {
        Reply<ErrorCode> reply = BeginAdd(producer, partitions);
        Broker.Settle();
        return reply.Value;
    }

    public ErrorCode AddOffsets(ProducerIdReply producer)
    {
        var reply = new Reply<ErrorCode>();
        Coordinator.AddOffsets(Id, producer.ProducerId, producer.Epoch, GroupId, reply.Set);
        Broker.Settle();
        return reply.Value;
    }

    public ErrorCode CommitOffset(ProducerIdReply producer, long offset, int partition = 0)
    {
        ErrorCode error = Coordinator.MayCommitOffsets(Id, producer.ProducerId, producer.Epoch);
        if (error != ErrorCode.None)
        {
            return error;
        }

        error = Groups.AdmitCommit(new MemberIdentity(GroupId, -1, "", null), isTransactional: true);
        if (error != ErrorCode.None)
        {
            return error;
        }

        var reply = new Reply<ErrorCode>();
        Groups.CommitLater(
            producer.ProducerId, GroupId, [new OffsetToCommit(new TopicPartition("raw", partition), offset, 0, "")], reply.Set);
        Broker.Settle();
        return reply.Value;
    }

    public Reply<ErrorCode> BeginEnd(ProducerIdReply producer, bool isCommit)
    {
        var reply = new Reply<ErrorCode>();
        Coordinator.End(Id, producer.ProducerId, producer.Epoch, isCommit, reply.Set);
        return reply;
    }

    public ErrorCode End(ProducerIdReply producer, bool isCommit)
    {
        Reply<ErrorCode> reply = BeginEnd(producer, isCommit);
        Broker.Settle();
        return reply.Value;
    }

    /// <summary>Appends one transactional record as the broker does: after asking whether it may.</summary>
    public ErrorCode Produce(ProducerIdReply producer, int partition, int sequence, string value = "v", string id = Id)
    {
        ErrorCode error = Coordinator.MayAppend(id, producer.ProducerId, producer.Epoch, Out(partition));
        if (error != ErrorCode.None)
        {
            return error;
        }

        var builder = new RecordBatchBuilder
        {
            ProducerId = producer.ProducerId, ProducerEpoch = producer.Epoch, BaseSequence = sequence,
            Flags = RecordBatchHeader.TransactionalBit,
        };
        builder.Add(null, System.Text.Encoding.UTF8.GetBytes(value), Broker.NowMs);
        return Broker.Log("telemetry", partition).Append(builder.ToArray(), Broker.NowMs).Error;
    }

    public long? Committed(int partition = 0) => Groups.Offsets.Find(GroupId, new TopicPartition("raw", partition))?.Offset;

    /// <summary>What a reader of committed records sees: by the markers, up to the last stable offset.</summary>
    public List<string> Visible(int partition)
    {
        PartitionLog log = Broker.Log("telemetry", partition);
        Dictionary<long, List<string>> open = [];
        List<string> visible = [];
        foreach (byte[] batch in Fabric.Kafka.Tests.Log.TestBatches.ReadAll(log, committedOnly: true))
        {
            var header = new RecordBatchHeader(batch);
            if (header.IsControl)
            {
                Assert.True(ControlRecord.TryRead(batch, out bool isCommit, out _));
                open.Remove(header.ProducerId, out List<string>? ended);
                visible.AddRange(isCommit ? ended ?? [] : []);
                continue;
            }

            if (!open.TryGetValue(header.ProducerId, out List<string>? values))
            {
                open.Add(header.ProducerId, values = []);
            }

            foreach (RecordView record in RecordBatchRecords.Enumerate(batch))
            {
                values.Add(System.Text.Encoding.UTF8.GetString(record.Value));
            }
        }

        Assert.Empty(open);
        return visible;
    }

    public void Kill()
    {
        Broker = Broker.Kill();
        Load();
    }

    public void CutPower()
    {
        Broker = Broker.CutPower();
        Load();
    }

    public void Dispose()
    {
        Broker.Dispose();
        _folder.Dispose();
    }

    private void Load()
    {
        Groups = new GroupCoordinator(Broker, new GroupOptions());
        Coordinator = new TransactionCoordinator(Broker, Groups, _options);
        Groups.Load();
        Coordinator.Load();
    }
}

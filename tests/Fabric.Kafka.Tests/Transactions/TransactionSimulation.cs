using Fabric.Core;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;
using Fabric.Kafka.Tests.Groups;
using Fabric.Kafka.Transactions;

namespace Fabric.Kafka.Tests.Transactions;

/// <summary>Plays producers against the coordinator and keeps the book that it is judged by.</summary>
internal sealed class TransactionSimulation : IDisposable
{
    private const int Ids = 3;
    private const int Partitions = 3;

    private readonly TransactionFixture _fixture;
    private readonly Random _random;
    private readonly SortedDictionary<string, int> _counts;
    private readonly List<ModelProducer> _producers = [];
    private readonly List<ModelTransaction> _transactions = [];
    private readonly List<(int IdNumber, ProducerIdReply Producer, bool IsCommit)> _late = [];

    public TransactionSimulation(int seed, SortedDictionary<string, int> counts)
    {
        _random = new Random(seed);
        _counts = counts;
        TimeSpan wait = _random.Next(2) == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(1);
        _fixture = new TransactionFixture(new TransactionOptions { ConcurrentWait = wait }, seed);
        for (int i = 0; i < Ids; i++)
        {
            Start(i);
        }
    }

    public void Step()
    {
        int dice = _random.Next(1000);
        ModelProducer producer = _producers[_random.Next(_producers.Count)];
        switch (dice)
        {
            case < 600:
                Proceed(producer);
                break;
            case < 615:
                Start(_random.Next(Ids)); // a second process under the same id
                break;
            case < 630:
                producer.IsDead = true;
                break;
            case < 650 when _late.Count > 0:
                EndLate();
                break;
            case < 675:
                _fixture.Broker.Advance(_random.Next(1, 4_000));
                break;
            case < 684:
                Crash();
                break;
            case < 690:
                FailFlush();
                break;
            default:
                _fixture.Broker.Flush();
                break;
        }

        Collect();
    }

    /// <summary>Everything that hangs times out; then the book is compared with what a reader sees.</summary>
    public void Finish()
    {
        _fixture.Broker.Settle();
        Collect();
        _fixture.Broker.Advance(TransactionFixture.TimeoutMs + 1_000);
        _fixture.Broker.Settle();
        _fixture.Broker.Advance(1_000);
        _fixture.Broker.Settle();
        Judge();
        _fixture.Kill();
        _fixture.Broker.Settle();
        Judge();
    }

    public void Dispose() => _fixture.Dispose();

    private static string IdOf(int number) => $"app-{number}";

    private static string GroupOf(int number) => $"group-{number}";

    private void Start(int idNumber)
    {
        foreach (ModelProducer former in _producers.Where(each => each.IdNumber == idNumber && _random.Next(3) > 0))
        {
            former.IsDead = true; // the others become zombies that go on
        }

        _producers.RemoveAll(each => each.IsDead);
        _producers.Add(new ModelProducer { IdNumber = idNumber });
    }

    private void Proceed(ModelProducer producer)
    {
        if (producer.IsDead || producer.Initializing is not null || producer.Waiting is not null)
        {
            return;
        }

        if (!producer.IsReady)
        {
            producer.Initializing = new Reply<ProducerIdReply>();
            _fixture.Coordinator.InitProducerId(
                IdOf(producer.IdNumber), TransactionFixture.TimeoutMs, -1, -1, producer.Initializing.Set);
            return;
        }

        producer.Open ??= Begin(producer);
        switch (_random.Next(20))
        {
            case < 3:
                AddPartition(producer);
                break;
            case < 13:
                Produce(producer);
                break;
            case < 16:
                AddOffsets(producer);
                break;
            default:
                End(producer);
                break;
        }
    }

    private ModelTransaction Begin(ModelProducer producer)
    {
        var transaction = new ModelTransaction { Number = _transactions.Count, Id = IdOf(producer.IdNumber) };
        _transactions.Add(transaction);
        producer.Added.Clear();
        producer.HasOffsets = false;
        return transaction;
    }

    private void AddPartition(ModelProducer producer)
    {
        int partition = _random.Next(Partitions);
        Ask(producer, "add", error =>
        {
            if (error == ErrorCode.None)
            {
                producer.Added.Add(partition);
            }
        });
        _fixture.Coordinator.AddPartitions(
            IdOf(producer.IdNumber), producer.Producer.ProducerId, producer.Producer.Epoch, [TransactionFixture.Out(partition)],
            producer.Waiting!.Set);
    }

    private void Produce(ModelProducer producer)
    {
        if (producer.Added.Count == 0)
        {
            return;
        }

        int partition = producer.Added.ElementAt(_random.Next(producer.Added.Count));
        int sequence = producer.Sequences.GetValueOrDefault(partition);
        ModelTransaction transaction = producer.Open!;
        string value = $"{transaction.Number}:{transaction.Records.Count}";
        ErrorCode error = _fixture.Produce(producer.Producer, partition, sequence, value, IdOf(producer.IdNumber));
        Count($"produce {error}");
        if (error != ErrorCode.None)
        {
            GiveUpIfFatal(producer, error);
            transaction.HasDoubt = true;
            return;
        }

        producer.Sequences[partition] = sequence + 1;
        transaction.Records.Add((value, partition));
        Ask(producer, "ack", _ => { });
        PartitionLog log = _fixture.Broker.Log("telemetry", partition);
        _fixture.Broker.WhenDurable(log, log.EndOffset, producer.Waiting!.Set);
    }

    private void AddOffsets(ModelProducer producer)
    {
        if (!producer.HasOffsets)
        {
            Ask(producer, "add offsets", error => producer.HasOffsets |= error == ErrorCode.None);
            _fixture.Coordinator.AddOffsets(
                IdOf(producer.IdNumber), producer.Producer.ProducerId, producer.Producer.Epoch, GroupOf(producer.IdNumber),
                producer.Waiting!.Set);
            return;
        }

        ErrorCode error = _fixture.Coordinator.MayCommitOffsets(
            IdOf(producer.IdNumber), producer.Producer.ProducerId, producer.Producer.Epoch);
        if (error == ErrorCode.None)
        {
            error = _fixture.Groups.AdmitCommit(new MemberIdentity(GroupOf(producer.IdNumber), -1, "", null), isTransactional: true);
        }

        Count($"offsets {error}");
        if (error != ErrorCode.None)
        {
            GiveUpIfFatal(producer, error);
            return;
        }

        ModelTransaction transaction = producer.Open!;
        Ask(producer, "commit offset", outcome => transaction.Offset = outcome == ErrorCode.None ? transaction.Number : transaction.Offset);
        _fixture.Groups.CommitLater(
            producer.Producer.ProducerId, GroupOf(producer.IdNumber),
            [new OffsetToCommit(new TopicPartition("raw", 0), transaction.Number, 0, "")], producer.Waiting!.Set);
    }

    private void End(ModelProducer producer)
    {
        ModelTransaction transaction = producer.Open!;
        if (transaction.Records.Count == 0 && _random.Next(10) > 0)
        {
            return;
        }

        bool isCommit = !transaction.HasDoubt && _random.Next(3) > 0;
        transaction.WasAskedToCommit |= isCommit;
        Ask(producer, "end", error =>
        {
            if (error == ErrorCode.None)
            {
                transaction.Told = isCommit;
            }

            if (error is ErrorCode.None or ErrorCode.InvalidTxnState)
            {
                producer.Open = null;
            }
        });
        if (_random.Next(3) == 0)
        {
            _late.Add((producer.IdNumber, producer.Producer, isCommit));
        }

        _fixture.Coordinator.End(
            IdOf(producer.IdNumber), producer.Producer.ProducerId, producer.Producer.Epoch, isCommit, producer.Waiting!.Set);
    }

    /// <summary>
    /// A duplicate of an EndTxn arrives late. Under the same epoch it would end whatever transaction is ongoing then: the known
    /// hole of this version of the protocol (KAFKA-17754), which clients close by raising their epoch. Here it comes when it is
    /// to be harmless: after a takeover, or while nothing is ongoing.
    /// </summary>
    private void EndLate()
    {
        (int idNumber, ProducerIdReply producer, bool isCommit) = _late[_random.Next(_late.Count)];
        TransactionImage image = _fixture.Image(IdOf(idNumber));
        if (image.Epoch != producer.Epoch || image.State != TransactionState.Ongoing)
        {
            _fixture.Coordinator.End(
                IdOf(idNumber), producer.ProducerId, producer.Epoch, isCommit, error => Count($"late end {error}"));
        }
    }

    private void Ask(ModelProducer producer, string what, Action<ErrorCode> then)
    {
        producer.Waiting = new Reply<ErrorCode>();
        producer.WhenAnswered = error =>
        {
            Count($"{what} {error}");
            then(error);
            GiveUpIfFatal(producer, error);
        };
    }

    private void GiveUpIfFatal(ModelProducer producer, ErrorCode error)
    {
        bool isFatal = error is ErrorCode.ProducerFenced or ErrorCode.InvalidProducerEpoch or ErrorCode.InvalidProducerIdMapping
            or ErrorCode.OutOfOrderSequenceNumber;
        if (isFatal)
        {
            producer.IsDead = true;
            Start(producer.IdNumber);
        }
        else if (error == ErrorCode.KafkaStorageError && producer.Open is { } open)
        {
            open.HasDoubt = true;
        }
    }

    private void Collect()
    {
        foreach (ModelProducer producer in _producers.ToArray())
        {
            if (producer.Initializing is { IsGiven: true } initialized)
            {
                producer.Initializing = null;
                Count($"init {initialized.Value.Error}");
                producer.Producer = initialized.Value;
                producer.IsReady = initialized.Value.Error == ErrorCode.None;
            }

            if (producer.Waiting is { IsGiven: true } answered)
            {
                Action<ErrorCode> then = producer.WhenAnswered!;
                producer.Waiting = null;
                then(answered.Value);
            }
        }
    }

    private void Crash()
    {
        Count("crash");
        if (_random.Next(2) == 0)
        {
            _fixture.Kill();
        }
        else
        {
            _fixture.CutPower();
        }

        foreach (ModelProducer producer in _producers)
        {
            producer.Initializing = null;
            if (producer.Waiting is null)
            {
                continue;
            }

            // The answer is lost. A real client asks again or gives up; here its process ends.
            producer.Waiting = null;
            producer.IsDead = true;
        }

        for (int i = 0; i < Ids; i++)
        {
            if (!_producers.Exists(each => each.IdNumber == i && !each.IsDead))
            {
                Start(i);
            }
        }
    }

    private void FailFlush()
    {
        Count("failed flush");
        foreach (ModelTransaction open in _producers.Where(each => each.Waiting is not null).Select(each => each.Open).OfType<ModelTransaction>())
        {
            open.HasDoubt = true;
        }

        _fixture.Broker.FailFlush();
    }

    private void Judge()
    {
        Assert.DoesNotContain(_fixture.Coordinator.Transactions, each => each.State is TransactionState.Ongoing || each.IsDecided);
        Assert.Empty(_fixture.Groups.Offsets.PendingProducers);
        List<HashSet<string>> visible = [.. Enumerable.Range(0, Partitions).Select(partition => _fixture.Visible(partition).ToHashSet())];
        foreach (ModelTransaction transaction in _transactions)
        {
            int seen = transaction.Records.Count(record => visible[record.Partition].Contains(record.Value));
            if (transaction.Told == true)
            {
                Assert.True(seen == transaction.Records.Count, $"transaction {transaction.Number} was confirmed and shows {seen} of {transaction.Records.Count}");
                Count(seen > 0 ? "committed" : "committed nothing");
            }
            else if (!transaction.WasAskedToCommit)
            {
                Assert.True(seen == 0, $"transaction {transaction.Number} was never to be committed and shows {seen}");
                Count(transaction.Records.Count > 0 ? "aborted" : "aborted nothing");
            }
            else
            {
                Assert.True(
                    seen == 0 || seen == transaction.Records.Count,
                    $"transaction {transaction.Number} is half there: {seen} of {transaction.Records.Count}");
                Count("unknown");
            }
        }

        JudgeOffsets(visible);
    }

    /// <summary>The committed offset of an id is that of its last committed transaction that had one.</summary>
    private void JudgeOffsets(List<HashSet<string>> visible)
    {
        for (int i = 0; i < Ids; i++)
        {
            long? committed = _fixture.Groups.Offsets.Find(GroupOf(i), new TopicPartition("raw", 0))?.Offset;
            ModelTransaction? last = _transactions.LastOrDefault(each => each.Id == IdOf(i) && each.Offset is not null && each.Told == true);
            Assert.True((committed ?? -1) >= (last?.Number ?? -1), $"offset of {IdOf(i)} is {committed}, {last?.Number} was confirmed");
            if (committed is { } number && _transactions[(int)number] is { Records.Count: > 0 } winner)
            {
                Assert.True(visible[winner.Records[0].Partition].Contains(winner.Records[0].Value), $"offset {number} counts without its records");
            }
        }
    }

    private void Count(string what) => _counts[what] = _counts.GetValueOrDefault(what) + 1;
}

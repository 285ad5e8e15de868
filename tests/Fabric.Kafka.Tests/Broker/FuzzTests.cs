using System.Buffers.Binary;
using Fabric.Kafka.Broker;
using Fabric.Kafka.Protocol;
using Fabric.Kafka.Server;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Kafka.Tests.Broker;

/// <summary>
/// Mutated requests of every key and version through the real dispatcher and handlers: what comes out is an answer, a wait, or the
/// end of that one connection; never another exception, and the broker goes on.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const int FramesPerBroker = 5_000;
    private const int BytesMax = 4 << 20;

    /// <summary>What must come out; which other answers do depends on how far a group or a transaction happens to be.</summary>
    private static readonly string[] Outcomes =
    [
        "closed by the dispatcher: malformed", "closed by the handler: malformed or acks=0", "waits",
        .. new[]
        {
            ErrorCode.None, ErrorCode.CorruptMessage, ErrorCode.FencedLeaderEpoch, ErrorCode.GroupIdNotFound, ErrorCode.IllegalSaslState,
            ErrorCode.InconsistentGroupProtocol, ErrorCode.InvalidConfig, ErrorCode.InvalidGroupId, ErrorCode.InvalidPartitions,
            ErrorCode.InvalidProducerIdMapping, ErrorCode.InvalidRecord, ErrorCode.InvalidRequest, ErrorCode.InvalidTopic,
            ErrorCode.InvalidTransactionTimeout, ErrorCode.MemberIdRequired, ErrorCode.OffsetOutOfRange, ErrorCode.PolicyViolation,
            ErrorCode.SecurityDisabled, ErrorCode.TopicAlreadyExists, ErrorCode.UnknownMemberId, ErrorCode.UnknownTopicId,
            ErrorCode.UnknownTopicOrPartition, ErrorCode.UnsupportedVersion,
        }.Select(code => $"answer {code.Name()}"),
    ];

    [SkippableFact]
    public void A_hundred_thousand_mutated_requests_end_at_most_their_own_connection()
    {
        Skip.If(KafkaMessages.Instance is null, TestData.Absent);
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var histogram = new FuzzHistogram();
        for (int done = 0; done < FuzzHistogram.Inputs; done += FramesPerBroker)
        {
            using var fixture = new CoreFixture(new BrokerCoreSettings
            {
                Limits = new BrokerLimits { PartitionsMax = 40 },
                Fsync = FsyncPolicy.OperatingSystem,
            });
            fixture.CreateTopic("t", 2);
            List<byte[]> corpus = Corpus(fixture);
            for (int i = 0; i < FramesPerBroker; i++)
            {
                byte[] frame = Mutate(corpus[random.Next(corpus.Count)], corpus, random);
                (string outcome, bool isPast) = histogram.Measure(() => Try(fixture, frame));
                histogram.Add(outcome, isPast);
                if (i % 64 == 0)
                {
                    fixture.Clock.Advance(TimeSpan.FromMilliseconds(random.Next(2_000)));
                    fixture.Settle();
                }
            }

            Assert.Null(fixture.HandlerFailure);
            AssertAlive(fixture);
        }

        histogram.Print(output);
        histogram.AssertReaches(Outcomes, BytesMax);
    }

    private static List<byte[]> Corpus(CoreFixture fixture)
    {
        var corpus = new List<byte[]>();
        foreach (IApiHandler handler in fixture.Table.All)
        {
            for (short version = handler.MinVersion; version <= handler.MaxVersion; version++)
            {
                Fields request = SampleRequests.Of(handler.Key, version, fixture);
                corpus.Add(fixture.Frame(handler.Key, version, KafkaMessages.Instance!.EncodeRequest(handler.Key, version, request)));
            }
        }

        return corpus;
    }

    private static (string Outcome, bool IsPastHeader) Try(CoreFixture fixture, byte[] frame)
    {
        bool isPast = frame.Length >= RequestHeader.FixedBytes
            && fixture.Table.Find(BinaryPrimitives.ReadInt16BigEndian(frame)) is { } handler
            && BinaryPrimitives.ReadInt16BigEndian(frame.AsSpan(2)) is var version
            && version >= handler.MinVersion && version <= handler.MaxVersion;
        PendingResponse pending;
        try
        {
            pending = fixture.Post(frame, new SaslSession(fixture.Users));
            fixture.Settle();
        }
        catch (ProtocolException)
        {
            return ("closed by the dispatcher: malformed", isPast);
        }

        if (!pending.IsDone)
        {
            pending.Drop();
            fixture.Core.Post(() =>
            {
                pending.Context!.IsConnectionClosed = true;
                pending.Context.WhenConnectionCloses?.Invoke();
            });
            return ("waits", isPast);
        }

        if (pending.AbandonReason is not null)
        {
            Assert.NotEqual("the broker failed", pending.AbandonReason);
            return ("closed by the handler: malformed or acks=0", isPast);
        }

        byte[]? response = CoreFixture.ResponseOf(pending);
        return (response is null ? "no answer: acks=0" : Describe(pending.Context!, response), isPast);
    }

    // Answers are read by Kafka's own definitions, so that none is broken either.
    private static string Describe(RequestContext context, byte[] response)
    {
        bool isOldShape = context.ApiKey == 18 && context.ApiVersion is < 0 or > 3;
        short version = isOldShape ? (short)0 : context.ApiVersion;
        bool hasTags = context.ApiKey != 18 && KafkaMessages.Instance!.IsFlexible(context.ApiKey, version);
        Fields answer = KafkaMessages.Instance!.DecodeResponse(context.ApiKey, version, response.AsSpan(hasTags ? 5 : 4));
        ErrorCode error = answer.Errors().FirstOrDefault(code => code != ErrorCode.None);
        Assert.NotEqual(ErrorCode.UnknownServerError, error);
        return $"answer {error.Name()}";
    }

    private static void AssertAlive(CoreFixture fixture)
    {
        fixture.CreateTopicIfMissing("alive");
        Assert.Equal(ErrorCode.None, fixture.Produce("alive", SampleRequests.Batch()).Error);
        Assert.Equal([0L], fixture.Fetch("alive", 0).BatchOffsets());
    }

    private static byte[] Mutate(byte[] valid, List<byte[]> corpus, Random random)
    {
        byte[] frame = (byte[])valid.Clone();
        for (int changes = random.Next(0, 4); changes > 0; changes--)
        {
            frame = random.Next(10) switch
            {
                0 => Truncate(frame, random),
                1 => Insert(frame, random),
                2 => Splice(frame, corpus[random.Next(corpus.Count)], random),
                3 => OverwriteInt(frame, random, 4),
                4 => OverwriteInt(frame, random, 2),
                5 => Repeat(frame, random),
                _ => FlipByte(frame, random),
            };
        }

        return frame;
    }

    // Mostly behind the header: what comes before it is soon all there is to find.
    private static int Place(byte[] frame, Random random) =>
        random.Next(20) == 0 || frame.Length <= 14 ? random.Next(frame.Length) : random.Next(14, frame.Length);

    private static byte[] FlipByte(byte[] frame, Random random)
    {
        if (frame.Length > 0)
        {
            int at = Place(frame, random);
            frame[at] = random.Next(3) switch
            {
                0 => (byte)(frame[at] ^ (1 << random.Next(8))),
                1 => (byte)random.Next(256),
                _ => (byte)(frame[at] + (random.Next(2) == 0 ? 1 : -1)),
            };
        }

        return frame;
    }

    private static byte[] OverwriteInt(byte[] frame, Random random, int bytes)
    {
        if (frame.Length < bytes)
        {
            return frame;
        }

        int[] interesting = [0, 1, -1, -2, int.MaxValue, int.MinValue, 0x7fff, 0x8000, 255, 100_000, frame.Length];
        int value = interesting[random.Next(interesting.Length)];
        int at = Math.Min(Place(frame, random), frame.Length - bytes);
        for (int i = 0; i < bytes; i++)
        {
            frame[at + i] = (byte)(value >> (8 * (bytes - 1 - i)));
        }

        return frame;
    }

    private static byte[] Truncate(byte[] frame, Random random) =>
        frame.Length == 0 ? frame : frame[..Place(frame, random)];

    private static byte[] Insert(byte[] frame, Random random)
    {
        byte[] extra = new byte[random.Next(1, 9)];
        random.NextBytes(extra);
        int at = frame.Length == 0 ? 0 : Place(frame, random);
        return [.. frame[..at], .. extra, .. frame[at..]];
    }

    private static byte[] Repeat(byte[] frame, Random random)
    {
        if (frame.Length < 2)
        {
            return frame;
        }

        int at = Place(frame, random);
        int length = random.Next(0, Math.Min(64, frame.Length - at) + 1);
        return [.. frame[..(at + length)], .. frame[at..]];
    }

    private static byte[] Splice(byte[] frame, byte[] other, Random random) =>
        frame.Length == 0 ? frame : [.. frame[..Place(frame, random)], .. other[Place(other, random)..]];
}

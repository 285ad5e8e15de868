using System.Buffers.Binary;
using System.Text;
using Fabric.Core;
using Fabric.Kafka;
using Fabric.Kafka.Protocol;
using Fabric.Simulation.Scheduling;

namespace Fabric.Simulation.Kafka;

/// <summary>Writes a request's body.</summary>
internal delegate void BodyWriter(KafkaWriter body);

/// <summary>Reads an answer's body.</summary>
internal delegate T BodyReader<out T>(ref KafkaReader body);

/// <summary>A client's end of its connections to the broker. Requests that must be answered are repeated until they are.</summary>
internal sealed class BrokerLink(StepBroker broker, SimulatedProcess process)
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);

    private int _correlationId;

    public Simulator Simulator => process.Simulator;

    public SimulatedProcess Process => process;

    /// <summary>Sends without waiting.</summary>
    public Pending Post(ApiKey api, BodyWriter write)
    {
        process.ThrowIfDead();
        var pending = new Pending();
        broker.Send(Frame(api, write), answer =>
        {
            pending.Answer = answer;
            pending.IsDone = true;
            pending.Wake?.Invoke();
        });
        return pending;
    }

    /// <summary>Asks once and waits; false when the connection broke or the time was over: then it may have been carried out.</summary>
    public bool TryAsk<T>(ApiKey api, BodyWriter write, BodyReader<T> read, TimeSpan within, out T answer)
    {
        Pending pending = Post(api, write);
        TimeSpan left = within < AnswerWithin ? within : AnswerWithin;
        if (!pending.IsDone && left > TimeSpan.Zero)
        {
            Fiber fiber = Simulator.Current!;
            pending.Wake = fiber.Waker(isNext: true);
            fiber.Park(left);
        }

        pending.Wake = null;
        if (pending.Answer is not { } bytes)
        {
            answer = default!;
            return false;
        }

        answer = Read(api, bytes, read);
        return true;
    }

    /// <summary>Asks until it is answered with something else than "come again".</summary>
    /// <exception cref="KafkaException">Retriable: no such answer within the time.</exception>
    public T Ask<T>(ApiKey api, BodyWriter write, BodyReader<T> read, Func<T, ErrorCode> errorOf, TimeSpan within)
    {
        long endTicks = Simulator.NowTicks + within.Ticks;
        ErrorCode last = ErrorCode.NetworkException;
        while (true)
        {
            TimeSpan left = TimeSpan.FromTicks(endTicks - Simulator.NowTicks);
            if (left <= TimeSpan.Zero)
            {
                throw new KafkaException(
                    "LOCAL_TIMED_OUT", $"{api.Name} was not answered within {within}; the last word was {last.Name()}", isRetriable: true);
            }

            if (TryAsk(api, write, read, left, out T answer))
            {
                last = errorOf(answer);
                if (!last.IsRetriable())
                {
                    return answer;
                }
            }
            else
            {
                last = ErrorCode.NetworkException;
            }

            Simulator.Current!.Park(Simulator.Between(20, 100));
        }
    }

    public static T Read<T>(ApiKey api, byte[] bytes, BodyReader<T> read)
    {
        var reader = new KafkaReader(bytes.AsSpan(api.IsFlexible ? 5 : 4), api.IsFlexible);
        return read(ref reader);
    }

    private byte[] Frame(ApiKey api, BodyWriter write)
    {
        using var body = new KafkaWriter(api.IsFlexible);
        write(body);
        byte[] client = Encoding.UTF8.GetBytes("fabric");
        int headBytes = 10 + client.Length + (api.IsFlexible ? 1 : 0);
        byte[] frame = new byte[headBytes + body.Length];
        BinaryPrimitives.WriteInt16BigEndian(frame, api.Key);
        BinaryPrimitives.WriteInt16BigEndian(frame.AsSpan(2), api.Version);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), ++_correlationId);
        BinaryPrimitives.WriteInt16BigEndian(frame.AsSpan(8), (short)client.Length);
        client.CopyTo(frame, 10);
        body.Written.CopyTo(frame.AsSpan(headBytes));
        return frame;
    }
}

/// <summary>A request on its way.</summary>
internal sealed class Pending
{
    public bool IsDone { get; set; }

    /// <summary>Null when the connection broke.</summary>
    public byte[]? Answer { get; set; }

    /// <summary>Called when it is done.</summary>
    public Action? Wake { get; set; }
}

/// <summary>One version of one kind of request.</summary>
internal sealed record ApiKey(short Key, short Version, bool IsFlexible, string Name)
{
    public static readonly ApiKey Produce = new(0, 8, false, "Produce");
    public static readonly ApiKey Fetch = new(1, 11, false, "Fetch");
    public static readonly ApiKey ListOffsets = new(2, 2, false, "ListOffsets");
    public static readonly ApiKey Metadata = new(3, 5, false, "Metadata");
    public static readonly ApiKey OffsetFetch = new(9, 7, true, "OffsetFetch");
    public static readonly ApiKey JoinGroup = new(11, 5, false, "JoinGroup");
    public static readonly ApiKey Heartbeat = new(12, 3, false, "Heartbeat");
    public static readonly ApiKey LeaveGroup = new(13, 3, false, "LeaveGroup");
    public static readonly ApiKey SyncGroup = new(14, 3, false, "SyncGroup");
    public static readonly ApiKey CreateTopics = new(19, 1, false, "CreateTopics");
    public static readonly ApiKey DeleteRecords = new(21, 1, false, "DeleteRecords");
    public static readonly ApiKey InitProducerId = new(22, 4, true, "InitProducerId");
    public static readonly ApiKey AddPartitionsToTxn = new(24, 2, false, "AddPartitionsToTxn");
    public static readonly ApiKey AddOffsetsToTxn = new(25, 2, false, "AddOffsetsToTxn");
    public static readonly ApiKey EndTxn = new(26, 2, false, "EndTxn");
    public static readonly ApiKey TxnOffsetCommit = new(28, 3, true, "TxnOffsetCommit");
}

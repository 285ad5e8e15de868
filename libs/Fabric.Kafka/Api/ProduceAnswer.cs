using Fabric.Kafka.Broker;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// The answer of one produce request, sent when everything it waits for has come, or REQUEST_TIMED_OUT for what has not by then.
/// <code>
/// [] { topic string | [] { index int32 | error int16 | baseOffset int64 | [v2+ logAppendTimeMs int64]
///      | [v5+ logStartOffset int64] | [v8+ recordErrors [] | errorMessage nullable string] } } | [v1+ throttleTimeMs int32]
/// </code>
/// </summary>
internal sealed class ProduceAnswer(BrokerCore core, RequestContext context, ProduceRequest request)
{
    private int _waiting;
    private bool _isSent;
    private ScheduledAction? _timeout;

    /// <summary>The partition's batch must be durable up to that offset first.</summary>
    public void WaitFor(LogState state, ProducePartition partition, long endOffset)
    {
        _waiting++;
        long baseOffset = partition.BaseOffset;
        partition.Error = ErrorCode.RequestTimedOut;
        core.Durability.WhenDurable(state, endOffset, error =>
        {
            _waiting--;
            if (!_isSent)
            {
                partition.Error = error;
                partition.BaseOffset = error == ErrorCode.None ? baseOffset : -1;
                SendIfDone();
            }
        });
    }

    /// <summary>Nothing more is to be waited for than what was announced.</summary>
    public void AllAppended()
    {
        if (request.Acks == 0)
        {
            EndWithoutAnswer();
            return;
        }

        SendIfDone();
        if (!_isSent)
        {
            _timeout = core.Schedule(context.NowMs + Math.Max(0, request.TimeoutMs), Send);
        }
    }

    // With acks=0 nobody hears of an error; Kafka closes the connection, so that the client at least asks for metadata again.
    private void EndWithoutAnswer()
    {
        _isSent = true;
        ProducePartition? failed = null;
        foreach (ProducePartition partition in request.Partitions)
        {
            failed = partition.Error != ErrorCode.None ? partition : failed;
        }

        if (failed is null)
        {
            context.SendNothing();
        }
        else
        {
            context.Close($"a produce request with acks=0 failed with {failed.Error.Name()}");
        }
    }

    private void SendIfDone()
    {
        if (_waiting == 0 && !_isSent)
        {
            Send();
        }
    }

    private void Send()
    {
        _isSent = true;
        _timeout?.Cancel();
        KafkaWriter response = context.Response;
        response.WriteArrayLength(CountTopics());
        for (int from = 0; from < request.Partitions.Count;)
        {
            int to = EndOfTopic(from);
            response.WriteString(request.Partitions[from].Topic);
            response.WriteArrayLength(to - from);
            for (; from < to; from++)
            {
                WritePartition(response, request.Partitions[from]);
            }

            response.WriteEmptyTags();
        }

        if (context.ApiVersion >= 1)
        {
            response.WriteInt32(0);
        }

        response.WriteEmptyTags();
        context.Send();
    }

    private void WritePartition(KafkaWriter response, ProducePartition partition)
    {
        response.WriteInt32(partition.Index);
        response.WriteError(partition.Error);
        response.WriteInt64(partition.BaseOffset);
        if (context.ApiVersion >= 2)
        {
            response.WriteInt64(partition.LogAppendTimeMs);
        }

        if (context.ApiVersion >= 5)
        {
            response.WriteInt64(partition.LogStartOffset);
        }

        if (context.ApiVersion >= 8)
        {
            response.WriteArrayLength(0);
            response.WriteNullableString(null);
        }

        response.WriteEmptyTags();
    }

    private int CountTopics()
    {
        int topics = 0;
        for (int from = 0; from < request.Partitions.Count; from = EndOfTopic(from))
        {
            topics++;
        }

        return topics;
    }

    private int EndOfTopic(int from)
    {
        int to = from + 1;
        while (to < request.Partitions.Count && ReferenceEquals(request.Partitions[to].Topic, request.Partitions[from].Topic))
        {
            to++;
        }

        return to;
    }
}

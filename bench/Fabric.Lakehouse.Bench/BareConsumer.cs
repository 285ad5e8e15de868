using System.Runtime.InteropServices;

namespace Fabric.Lakehouse.Bench;

/// <summary>
/// librdkafka's own fastest way of reading, bound directly: all partitions into one queue, taken in batches, each message only
/// counted. Its defaults, but for the start at the beginning: no CRC check, read_committed, no group.
/// </summary>
internal static unsafe partial class BareConsumer
{
    private const string Library = "librdkafka.so.1";
    private const int BatchMax = 5_000;
    private const int ConsumerType = 1;
    private const long Beginning = -2;

    /// <summary>Reads that many records; the time runs from the first batch to the last record.</summary>
    public static Took Read(string bootstrap, string topic, int partitions, long records, out long bytes)
    {
        Span<byte> error = stackalloc byte[512];
        ref byte errorStart = ref MemoryMarshal.GetReference(error);
        nint conf = NewConf();
        Set(conf, "bootstrap.servers", bootstrap, ref errorStart, (nuint)error.Length);
        nint client = New(ConsumerType, conf, ref errorStart, (nuint)error.Length);
        nint handle = NewTopic(client, topic, 0);
        nint queue = NewQueue(client);
        for (int partition = 0; partition < partitions; partition++)
        {
            StartQueue(handle, partition, Beginning, queue);
        }

        Took took = Drain(queue, records, out bytes);
        for (int partition = 0; partition < partitions; partition++)
        {
            Stop(handle, partition);
        }

        DestroyQueue(queue);
        DestroyTopic(handle);
        Destroy(client);
        return took;
    }

    private static Took Drain(nint queue, long records, out long bytes)
    {
        var batch = stackalloc Message*[BatchMax];
        Moment first = default;
        long seen = 0;
        bytes = 0;
        while (seen < records)
        {
            nint count = ConsumeBatch(queue, 1_000, batch, BatchMax);
            if (seen == 0)
            {
                first = Moment.Now();
            }

            for (nint i = 0; i < count; i++)
            {
                if (batch[i]->Error == 0)
                {
                    seen++;
                    bytes += (long)batch[i]->Length;
                }

                DestroyMessage(batch[i]);
            }
        }

        return first.Until(Moment.Now());
    }

    /// <summary>rd_kafka_message_t</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        public int Error;
        public nint Topic;
        public int Partition;
        public nint Payload;
        public nuint Length;
    }

    [LibraryImport(Library, EntryPoint = "rd_kafka_conf_new")]
    private static partial nint NewConf();

    [LibraryImport(Library, EntryPoint = "rd_kafka_new")]
    private static partial nint New(int type, nint conf, ref byte error, nuint errorLength);

    [LibraryImport(Library, EntryPoint = "rd_kafka_conf_set", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Set(nint conf, string name, string value, ref byte error, nuint errorLength);

    [LibraryImport(Library, EntryPoint = "rd_kafka_topic_new", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint NewTopic(nint client, string topic, nint conf);

    [LibraryImport(Library, EntryPoint = "rd_kafka_queue_new")]
    private static partial nint NewQueue(nint client);

    [LibraryImport(Library, EntryPoint = "rd_kafka_consume_start_queue")]
    private static partial int StartQueue(nint topic, int partition, long offset, nint queue);

    [LibraryImport(Library, EntryPoint = "rd_kafka_consume_batch_queue")]
    private static partial nint ConsumeBatch(nint queue, int timeoutMs, Message** batch, nuint size);

    [LibraryImport(Library, EntryPoint = "rd_kafka_message_destroy")]
    private static partial void DestroyMessage(Message* message);

    [LibraryImport(Library, EntryPoint = "rd_kafka_consume_stop")]
    private static partial int Stop(nint topic, int partition);

    [LibraryImport(Library, EntryPoint = "rd_kafka_queue_destroy")]
    private static partial void DestroyQueue(nint queue);

    [LibraryImport(Library, EntryPoint = "rd_kafka_topic_destroy")]
    private static partial void DestroyTopic(nint topic);

    [LibraryImport(Library, EntryPoint = "rd_kafka_destroy")]
    private static partial void Destroy(nint client);
}

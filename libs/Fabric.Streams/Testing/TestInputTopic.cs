using System.Buffers;
using Fabric.Kafka.Clients;

namespace Fabric.Streams.Testing;

/// <summary>Puts records into a topic of a test; each is processed, with all that follows from it, before the call returns.</summary>
public sealed class TestInputTopic<K, V>
{
    private readonly TopologyTestDriver _driver;
    private readonly string _topic;
    private readonly ISerde<K> _keySerde;
    private readonly ISerde<V> _valueSerde;

    internal TestInputTopic(TopologyTestDriver driver, string topic, ISerde<K> keySerde, ISerde<V> valueSerde)
    {
        _driver = driver;
        _topic = topic;
        _keySerde = keySerde;
        _valueSerde = valueSerde;
    }

    /// <summary>Null: no key; a null value is a tombstone.</summary>
    /// <param name="timestampMs">Event time, milliseconds since 1970; null: the driver's wall clock.</param>
    /// <param name="partition">Null: by murmur2 of the key.</param>
    public void PipeInput(
        K? key, V? value, long? timestampMs = null, IReadOnlyList<RecordHeader>? headers = null, int? partition = null) =>
        _driver.Pipe(
            _topic, partition, Bytes(_keySerde, key, true), Bytes(_valueSerde, value, false),
            timestampMs ?? _driver.Now.ToUnixTimeMilliseconds(), headers ?? []);

    /// <summary>Deletes a key, also where the value type knows no null.</summary>
    public void PipeTombstone(K key, long? timestampMs = null) =>
        _driver.Pipe(_topic, null, Bytes(_keySerde, key, true), null, timestampMs ?? _driver.Now.ToUnixTimeMilliseconds(), []);

    /// <summary>Bytes as they might come from anybody.</summary>
    public void PipeRaw(byte[]? key, byte[]? value, long timestampMs, int? partition = null) =>
        _driver.Pipe(_topic, partition, key, value, timestampMs, []);

    private byte[]? Bytes<T>(ISerde<T> serde, T? value, bool isKey)
    {
        if (value is null)
        {
            return null;
        }

        var buffer = new ArrayBufferWriter<byte>();
        serde.Serialize(value, new SerdeContext(_topic, isKey), buffer);
        return buffer.WrittenSpan.ToArray();
    }
}

/// <summary>Reads what a test wrote to a topic, each record once, in order of writing over all partitions.</summary>
public sealed class TestOutputTopic<K, V>
{
    private readonly TestTopics _topics;
    private readonly string _topic;
    private readonly ISerde<K> _keySerde;
    private readonly ISerde<V> _valueSerde;
    private int _next;

    internal TestOutputTopic(TestTopics topics, string topic, ISerde<K> keySerde, ISerde<V> valueSerde)
    {
        _topics = topics;
        _topic = topic;
        _keySerde = keySerde;
        _valueSerde = valueSerde;
    }

    public bool IsEmpty => _next >= _topics.Arrivals(_topic).Count;

    /// <exception cref="InvalidOperationException">Nothing is left to read.</exception>
    public Record<K, V> ReadRecord()
    {
        if (IsEmpty)
        {
            throw new InvalidOperationException($"Nothing more was written to '{_topic}'");
        }

        ConsumedRecord raw = _topics.Arrivals(_topic)[_next++];
        K key = raw.Key is null ? default! : _keySerde.Read(raw.Key, new SerdeContext(_topic, true));
        V value = raw.Value is null ? default! : _valueSerde.Read(raw.Value, new SerdeContext(_topic, false));
        return new Record<K, V>(
            key, raw.Key is not null, value, raw.Value is not null, raw.TimestampMs, raw.Headers,
            new RecordOrigin(raw.Partition, raw.Offset));
    }

    public KeyValuePair<K, V> ReadKeyValue()
    {
        Record<K, V> record = ReadRecord();
        return new KeyValuePair<K, V>(record.Key, record.Value);
    }

    /// <summary>All that is left.</summary>
    public IReadOnlyList<Record<K, V>> ReadAll()
    {
        var records = new List<Record<K, V>>();
        while (!IsEmpty)
        {
            records.Add(ReadRecord());
        }

        return records;
    }
}

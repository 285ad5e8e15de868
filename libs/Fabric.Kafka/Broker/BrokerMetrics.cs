using System.Diagnostics.Metrics;

namespace Fabric.Kafka.Broker;

/// <summary>What the broker counts, under the meter <c>Fabric.Kafka</c>. Thread-safe.</summary>
internal sealed class BrokerMetrics : IDisposable
{
    public const string MeterName = "Fabric.Kafka";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _producedBytes;
    private readonly Counter<long> _producedRecords;
    private readonly Counter<long> _fetchedBytes;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _storageFailures;
    private readonly Counter<long> _handlerFailures;
    private readonly Histogram<double> _fsync;
    private readonly UpDownCounter<long> _connections;

    public BrokerMetrics()
    {
        _producedBytes = _meter.CreateCounter<long>("fabric.kafka.produced", "By", "Batches appended, in bytes");
        _producedRecords = _meter.CreateCounter<long>("fabric.kafka.produced.records", "{record}", "Records appended");
        _fetchedBytes = _meter.CreateCounter<long>("fabric.kafka.fetched", "By", "Batches sent to consumers, in bytes");
        _requests = _meter.CreateCounter<long>("fabric.kafka.requests", "{request}", "Requests handled, by API");
        _refused = _meter.CreateCounter<long>("fabric.kafka.connections.refused", "{connection}", "Connections over the limit");
        _storageFailures = _meter.CreateCounter<long>("fabric.kafka.storage.failures", "{failure}", "Appends or flushes the disk refused");
        _handlerFailures = _meter.CreateCounter<long>("fabric.kafka.requests.failed", "{request}", "Requests that failed by a fault of the broker");
        _fsync = _meter.CreateHistogram<double>("fabric.kafka.fsync", "s", "Time of a shared flush");
        _connections = _meter.CreateUpDownCounter<long>("fabric.kafka.connections", "{connection}", "Connections open");
    }

    public void Produced(long bytes, int records)
    {
        _producedBytes.Add(bytes);
        _producedRecords.Add(records);
    }

    public void Fetched(long bytes) => _fetchedBytes.Add(bytes);

    public void Request(string api)
    {
        if (_requests.Enabled)
        {
            _requests.Add(1, new KeyValuePair<string, object?>("api", api));
        }
    }

    public void ConnectionOpened() => _connections.Add(1);

    public void ConnectionClosed() => _connections.Add(-1);

    public void ConnectionRefused() => _refused.Add(1);

    public void Flushed(TimeSpan time) => _fsync.Record(time.TotalSeconds);

    public void StorageFailed() => _storageFailures.Add(1);

    public void HandlerFailed() => _handlerFailures.Add(1);

    public void Dispose() => _meter.Dispose();
}

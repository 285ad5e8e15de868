#pragma warning disable CS8714 // Key types are not declared non-null: a record without a key never reaches a store.
using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Fabric.Streams.State;

/// <summary>
/// The windows of a windowed aggregation: one entry, and one changelog record, per key, with its open windows and the times
/// of its devices, so that after a restart the same records are late as before.
/// </summary>
/// <remarks>
/// Value layout, big-endian: version 1 (1 byte), closed through (8), device count (2), per device: name length (2), name
/// (UTF-8), watermark (8); window count (4), per window: start (8), revision (4), announced (1), timestamp (8), length (4),
/// aggregate. The key is the serde's.
/// </remarks>
internal sealed class WindowStore<K, A>(
    string name, ISerde<K> keySerde, ISerde<A> aggregateSerde, bool isLogged) : StateStore(name, isLogged)
{
    private const byte Version = 1;

    private readonly Dictionary<K, KeyWindows<A>> _byKey = new(Comparers.Of<K>());
    private readonly List<K> _dirty = [];
    private readonly KeyWindows<A> _before = new();
    private readonly ArrayBufferWriter<byte> _keyBytes = new();
    private readonly ArrayBufferWriter<byte> _valueBytes = new();
    private readonly ArrayBufferWriter<byte> _aggregateBytes = new();
    private SerdeContext _keyContext;
    private SerdeContext _valueContext;
    private IStoreOwner? _owner;
    private KeyWindows<A>? _changing;
    private K? _changingKey;
    private bool _wasNew;

    public override long Entries => _byKey.Count;

    public IReadOnlyDictionary<K, KeyWindows<A>> All => _byKey;

    public override void Attach(IStoreOwner owner)
    {
        _owner = owner;
        _keyContext = new SerdeContext(owner.TopicOf(this), true);
        _valueContext = new SerdeContext(owner.TopicOf(this), false);
    }

    public KeyWindows<A>? Find(K key) => _byKey.GetValueOrDefault(key);

    /// <summary>The entry of a key, to be changed within the current unit. One key per unit.</summary>
    public KeyWindows<A> Change(K key)
    {
        _wasNew = !_byKey.TryGetValue(key, out KeyWindows<A>? windows);
        if (windows is null)
        {
            windows = new KeyWindows<A>();
            _byKey.Add(key, windows);
        }

        _before.CopyFrom(windows);
        _changing = windows;
        _changingKey = key;
        _owner!.Touched(this);
        if (!windows.IsDirty)
        {
            windows.IsDirty = true;
            _dirty.Add(key);
        }

        return windows;
    }

    /// <summary>Forgets keys, tombstones included.</summary>
    public void Remove(K key)
    {
        if (_byKey.Remove(key, out KeyWindows<A>? removed) && !removed.IsDirty)
        {
            _dirty.Add(key);
        }
    }

    public override void AcceptChanges() => _changing = null;

    public override void RejectChanges()
    {
        if (_changing is { } windows)
        {
            windows.CopyFrom(_before);
            _changing = null;
            if (_wasNew)
            {
                _byKey.Remove(_changingKey!);
            }
        }
    }

    public override void FlushChangelog(IChangelogSink sink)
    {
        foreach (K key in _dirty)
        {
            KeyWindows<A>? windows = _byKey.GetValueOrDefault(key);
            if (windows is not null)
            {
                windows.IsDirty = false;
            }

            if (IsLogged)
            {
                Write(sink, key, windows);
            }
        }

        _dirty.Clear();
    }

    public override void Clear()
    {
        _byKey.Clear();
        _dirty.Clear();
        _changing = null;
    }

    public override void Restore(byte[] key, byte[]? value, long timestampMs)
    {
        K restored = keySerde.Read(key, _keyContext);
        if (value is null)
        {
            _byKey.Remove(restored);
            return;
        }

        _byKey[restored] = Decode(value, _owner!.WallClockMs);
    }

    private void Write(IChangelogSink sink, K key, KeyWindows<A>? windows)
    {
        _keyBytes.ResetWrittenCount();
        keySerde.Serialize(key, _keyContext, _keyBytes);
        _valueBytes.ResetWrittenCount();
        if (windows is not null)
        {
            Encode(windows);
        }

        sink.Write(_keyContext.Topic, _owner!.Partition, _keyBytes.WrittenSpan, _valueBytes.WrittenSpan, windows is not null, _owner!.CurrentTimestampMs);
    }

    private void Encode(KeyWindows<A> windows)
    {
        _valueBytes.Write([Version]);
        WriteInt64(windows.ClosedThroughMs);
        BinaryPrimitives.WriteUInt16BigEndian(_valueBytes.GetSpan(2), checked((ushort)windows.Devices.Count));
        _valueBytes.Advance(2);
        foreach (DeviceTime device in windows.Devices)
        {
            int length = Encoding.UTF8.GetByteCount(device.Name);
            BinaryPrimitives.WriteUInt16BigEndian(_valueBytes.GetSpan(2), checked((ushort)length));
            _valueBytes.Advance(2);
            Encoding.UTF8.GetBytes(device.Name, _valueBytes);
            WriteInt64(device.WatermarkMs);
        }

        WriteInt32(windows.Windows.Count);
        foreach (OpenWindow<A> window in windows.Windows)
        {
            WriteInt64(window.StartMs);
            WriteInt32(window.Revision);
            _valueBytes.Write([window.IsAnnounced ? (byte)1 : (byte)0]);
            WriteInt64(window.TimestampMs);
            _aggregateBytes.ResetWrittenCount();
            aggregateSerde.Serialize(window.Aggregate, _valueContext, _aggregateBytes);
            WriteInt32(_aggregateBytes.WrittenCount);
            _valueBytes.Write(_aggregateBytes.WrittenSpan);
        }
    }

    private KeyWindows<A> Decode(ReadOnlySpan<byte> data, long wallClockMs)
    {
        try
        {
            return DecodeUnchecked(data, wallClockMs);
        }
        catch (ArgumentOutOfRangeException truncated)
        {
            throw new StreamsException(
                "STATE_MALFORMED", "A changelog record of windows ends too early", _keyContext.Topic, innerException: truncated);
        }
    }

    private KeyWindows<A> DecodeUnchecked(ReadOnlySpan<byte> data, long wallClockMs)
    {
        if (data.Length < 1 || data[0] != Version)
        {
            throw new StreamsException(
                "STATE_MALFORMED", $"Expected a changelog record of windows of version {Version}", _keyContext.Topic);
        }

        var windows = new KeyWindows<A> { ClosedThroughMs = BinaryPrimitives.ReadInt64BigEndian(data[1..]), SeenAtMs = wallClockMs };
        int devices = BinaryPrimitives.ReadUInt16BigEndian(data[9..]);
        data = data[11..];
        for (int i = 0; i < devices; i++)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(data);
            string device = Encoding.UTF8.GetString(data.Slice(2, length));
            data = data[(2 + length)..];
            windows.Devices.Add(new DeviceTime(device, BinaryPrimitives.ReadInt64BigEndian(data), wallClockMs, false));
            data = data[8..];
        }

        int count = BinaryPrimitives.ReadInt32BigEndian(data);
        data = data[4..];
        for (int i = 0; i < count; i++)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(data[21..]);
            windows.Windows.Add(new OpenWindow<A>(
                BinaryPrimitives.ReadInt64BigEndian(data),
                aggregateSerde.Deserialize(data.Slice(25, length), _valueContext),
                BinaryPrimitives.ReadInt32BigEndian(data[8..]),
                BinaryPrimitives.ReadInt64BigEndian(data[13..]),
                data[12] == 1));
            data = data[(25 + length)..];
        }

        return windows;
    }

    private void WriteInt64(long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(_valueBytes.GetSpan(8), value);
        _valueBytes.Advance(8);
    }

    private void WriteInt32(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_valueBytes.GetSpan(4), value);
        _valueBytes.Advance(4);
    }
}

using System.Buffers;
using Fabric.Avro;
using Fabric.Streams;

namespace Fabric.Topologies.Drift;

/// <summary>
/// The changelog's layout, in Avro's primitives: version 1, closed through, device count, per device name and watermark,
/// window count, per window start, latest time, partition, first and last offset, slots (<see cref="WindowSlots.Write"/>).
/// </summary>
/// <remarks>Thread-safe.</remarks>
/// <param name="clock">A device read back counts as heard of now.</param>
internal sealed class SignalWindowsSerde(Func<long> clock) : ISerde<SignalWindows>
{
    private const int Version = 1;

    public void Serialize(SignalWindows value, in SerdeContext context, IBufferWriter<byte> output)
    {
        var writer = new AvroWriter(output);
        writer.WriteInt(Version);
        writer.WriteLong(value.ClosedThroughMicros);
        writer.WriteInt(value.Devices.Length);
        foreach (DeviceTime device in value.Devices)
        {
            writer.WriteString(device.Name);
            writer.WriteLong(device.WatermarkMicros);
        }

        writer.WriteInt(value.Windows.Length);
        foreach (OpenWindow window in value.Windows)
        {
            writer.WriteLong(window.StartMicros);
            writer.WriteLong(window.LatestMicros);
            writer.WriteInt(window.Partition);
            writer.WriteLong(window.FirstOffset);
            writer.WriteLong(window.LastOffset);
            window.Slots.Write(ref writer);
        }

        writer.Flush();
    }

    /// <exception cref="AvroException">The bytes end too early.</exception>
    /// <exception cref="DriftException">They are of another version, or hold no counts.</exception>
    public SignalWindows Deserialize(ReadOnlySpan<byte> data, in SerdeContext context)
    {
        var reader = new AvroReader(data);
        int version = reader.ReadInt();
        if (version != Version)
        {
            throw new DriftException(
                "DRIFT_STATE_MALFORMED", $"Expected a changelog record of drift windows of version {Version}, found {version}", context.Topic);
        }

        long closedThrough = reader.ReadLong();
        var devices = new DeviceTime[CountOf(ref reader, context)];
        long nowMs = clock();
        for (int i = 0; i < devices.Length; i++)
        {
            devices[i] = new DeviceTime(reader.ReadString(), reader.ReadLong(), nowMs);
        }

        var windows = new OpenWindow[CountOf(ref reader, context)];
        for (int i = 0; i < windows.Length; i++)
        {
            long start = reader.ReadLong(), latest = reader.ReadLong();
            int partition = reader.ReadInt();
            long first = reader.ReadLong(), last = reader.ReadLong();
            windows[i] = new OpenWindow(start, WindowSlots.Read(ref reader), latest, partition, first, last);
        }

        reader.ExpectEnd();
        return new SignalWindows(devices, windows, closedThrough);
    }

    /// <summary>Every item takes two bytes at least.</summary>
    private static int CountOf(ref AvroReader reader, in SerdeContext context)
    {
        int count = reader.ReadInt();
        return count >= 0 && count <= reader.Remaining / 2
            ? count
            : throw new DriftException(
                "DRIFT_STATE_MALFORMED", $"A changelog record of drift windows announces {count} items", context.Topic);
    }
}

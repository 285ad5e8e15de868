using Fabric.Avro;

namespace Fabric.Topologies.Drift;

/// <summary>
/// A window's counts over the slots of a reference sample, as the value of a state store: adding gives a new object. Slots are
/// appended to an array that versions share, each seeing only its own length, and folded into counts now and then, so that
/// adding costs O(1) on average and memory never exceeds a few times the slots.
/// </summary>
/// <remarks>Versions form one line: when an older one is gone back to, newer ones must not be used any more. Not thread-safe.</remarks>
internal sealed class WindowSlots
{
    private const int TailMin = 64;

    private readonly int[]? _counts;
    private readonly int[] _tail;
    private readonly int _tailLength;

    private WindowSlots(long fingerprint, int slotCount, int count, int[]? counts, int[] tail, int tailLength)
    {
        Fingerprint = fingerprint;
        SlotCount = slotCount;
        Count = count;
        _counts = counts;
        _tail = tail;
        _tailLength = tailLength;
    }

    /// <summary>Of the reference sample; 0 when the signal has none and values are only counted.</summary>
    public long Fingerprint { get; }

    /// <summary>0 without a reference sample.</summary>
    public int SlotCount { get; }

    /// <summary>Values in the window.</summary>
    public int Count { get; }

    public static WindowSlots Empty(BaselineSample? baseline) =>
        new(baseline?.Fingerprint ?? 0, baseline?.Sample.SlotCount ?? 0, 0, null, [], 0);

    /// <summary>Whether the slots are those of this sample.</summary>
    public bool IsOf(BaselineSample baseline) =>
        Fingerprint == baseline.Fingerprint && SlotCount == baseline.Sample.SlotCount;

    /// <summary>One value more. Against another sample than the window began with (or none) it is counted and no more.</summary>
    public WindowSlots With(double value, BaselineSample? baseline)
    {
        if (baseline is null || !IsOf(baseline))
        {
            return new WindowSlots(Fingerprint, SlotCount, Count + 1, _counts, _tail, _tailLength);
        }

        int[]? counts = _counts;
        int[] tail = _tail;
        int length = _tailLength;
        if (length == tail.Length && length >= Math.Max(TailMin, SlotCount))
        {
            counts = Expand();
            length = 0;
            tail = new int[tail.Length];
        }
        else if (length == tail.Length)
        {
            Array.Resize(ref tail, Math.Max(TailMin, 2 * length));
        }

        tail[length] = baseline.Sample.SlotOf(value);
        return new WindowSlots(Fingerprint, SlotCount, Count + 1, counts, tail, length + 1);
    }

    /// <summary>Counts per slot: a new array.</summary>
    public int[] Expand()
    {
        var counts = new int[SlotCount];
        _counts?.CopyTo(counts, 0);
        foreach (int slot in _tail.AsSpan(0, _tailLength))
        {
            counts[slot]++;
        }

        return counts;
    }

    /// <summary>Fingerprint, slot count, count, then (slots skipped, count) for each slot in use, and a final 0 count.</summary>
    public void Write(ref AvroWriter writer)
    {
        writer.WriteLong(Fingerprint);
        writer.WriteInt(SlotCount);
        writer.WriteInt(Count);
        int[] counts = Expand();
        int next = 0;
        for (int slot = 0; slot < counts.Length; slot++)
        {
            if (counts[slot] > 0)
            {
                writer.WriteInt(counts[slot]);
                writer.WriteInt(slot - next);
                next = slot + 1;
            }
        }

        writer.WriteInt(0);
    }

    /// <exception cref="AvroException">The bytes end too early.</exception>
    /// <exception cref="DriftException">The counts are not those of a window.</exception>
    public static WindowSlots Read(ref AvroReader reader)
    {
        long fingerprint = reader.ReadLong();
        int slotCount = reader.ReadInt(), count = reader.ReadInt();
        if (slotCount is < 0 or > (2 * Baseline.ValuesMax) + 1 || count < 0)
        {
            throw Malformed();
        }

        var counts = new int[slotCount];
        int next = 0;
        for (int times = reader.ReadInt(); times != 0; times = reader.ReadInt())
        {
            long slot = next + (long)reader.ReadInt();
            if (times < 0 || slot < next || slot >= slotCount)
            {
                throw Malformed();
            }

            counts[slot] = times;
            next = (int)slot + 1;
        }

        return new WindowSlots(fingerprint, slotCount, count, counts, [], 0);
    }

    private static DriftException Malformed() =>
        new("DRIFT_STATE_MALFORMED", "A changelog record of drift windows holds no counts of a window", "");
}

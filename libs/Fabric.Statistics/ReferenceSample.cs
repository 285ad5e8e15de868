namespace Fabric.Statistics;

/// <summary>
/// A fixed reference sample, prepared once: its distinct values in order and how many reference values lie at or below
/// each. A <see cref="WindowCounts"/> compares a window against it. Immutable, thread-safe.
/// </summary>
public sealed class ReferenceSample
{
    private readonly double[] _points;

    /// <param name="values">At least one; copied. NaN is not a value.</param>
    /// <exception cref="ArgumentException">Empty, or contains NaN.</exception>
    public ReferenceSample(ReadOnlySpan<double> values)
    {
        if (values.IsEmpty)
        {
            throw new ArgumentException("A reference sample needs at least one value", nameof(values));
        }

        double[] sorted = values.ToArray();
        Array.Sort(sorted);
        if (double.IsNaN(sorted[0]))
        {
            throw new ArgumentException("NaN is not a value of a sample", nameof(values));
        }

        Count = sorted.Length;
        int distinct = 0;
        var cumulative = new int[(2 * sorted.Length) + 1];
        for (int i = 0; i < sorted.Length; i++)
        {
            if (i == 0 || sorted[i] != sorted[distinct - 1])
            {
                sorted[distinct++] = sorted[i];
            }

            cumulative[(2 * distinct) - 1] = i + 1;
        }

        _points = sorted[..distinct];
        SlotCount = (2 * distinct) + 1;
        for (int slot = 2; slot < SlotCount; slot += 2)
        {
            cumulative[slot] = cumulative[slot - 1];
        }

        Cumulative = cumulative[..SlotCount];
    }

    /// <summary>Values in the sample.</summary>
    public int Count { get; }

    /// <summary>
    /// Slots of the real line: slot 2i is the open interval below distinct value i (the last slot: above all), slot 2i+1 is
    /// the value itself.
    /// </summary>
    public int SlotCount { get; }

    /// <summary>Reference values in slots 0..s, for each s.</summary>
    internal int[] Cumulative { get; }

    /// <summary>The slot a value falls into, 0..<see cref="SlotCount"/>−1. NaN has none and must not be asked for.</summary>
    public int SlotOf(double value)
    {
        // Branch-free lower bound: the comparison becomes a conditional move.
        double[] points = _points;
        int low = 0, length = points.Length;
        while (length > 1)
        {
            int half = length >> 1;
            low += points[low + half - 1] < value ? half : 0;
            length -= half;
        }

        int below = low + (points[low] < value ? 1 : 0);
        return below < points.Length && points[below] == value ? (2 * below) + 1 : 2 * below;
    }
}

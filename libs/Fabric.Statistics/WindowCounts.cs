using System.Runtime.Intrinsics;

namespace Fabric.Statistics;

/// <summary>
/// Counts of a window's values in the slots of a <see cref="ReferenceSample"/>: enough for the exact two-sample
/// Kolmogorov-Smirnov distance, ties included, since between reference values the reference distribution is flat and the
/// window's is monotone, so the supremum is reached at a slot's border. Windows merge by addition.
/// </summary>
/// <remarks>Not thread-safe. Adding costs one binary search; the distance one pass over the slots.</remarks>
public sealed class WindowCounts
{
    private readonly ReferenceSample _reference;
    private readonly int[] _counts;

    public WindowCounts(ReferenceSample reference)
    {
        _reference = reference;
        _counts = new int[reference.SlotCount];
    }

    /// <summary>Values in the window.</summary>
    public int Count { get; private set; }

    /// <summary>Count per slot, in slot order: the state to keep in a changelog. Valid until the next change.</summary>
    public ReadOnlySpan<int> Slots => _counts;

    /// <summary>Adds a value. NaN is refused by returning false and counts nowhere.</summary>
    public bool Add(double value)
    {
        if (double.IsNaN(value))
        {
            return false;
        }

        _counts[_reference.SlotOf(value)]++;
        Count++;
        return true;
    }

    /// <summary>Takes a value away that was added before: for sliding windows.</summary>
    /// <exception cref="InvalidOperationException">No such value is counted.</exception>
    public void Remove(double value)
    {
        int slot = _reference.SlotOf(value);
        if (_counts[slot] == 0)
        {
            throw new InvalidOperationException("The value was not added to this window");
        }

        _counts[slot]--;
        Count--;
    }

    /// <summary>Adds another window's counts (another partition's, or the next pane's) over the same reference.</summary>
    /// <exception cref="ArgumentException">The length differs from the reference's slots, or a count is negative.</exception>
    public void Merge(ReadOnlySpan<int> slots)
    {
        if (slots.Length != _counts.Length)
        {
            throw new ArgumentException($"Expected {_counts.Length} slots, found {slots.Length}", nameof(slots));
        }

        for (int i = 0; i < slots.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(slots[i]);
            _counts[i] += slots[i];
            Count += slots[i];
        }
    }

    public void Clear()
    {
        Array.Clear(_counts);
        Count = 0;
    }

    /// <summary>Two-sample Kolmogorov-Smirnov test of this window against its reference.</summary>
    /// <exception cref="InvalidOperationException">The window is empty.</exception>
    public TwoSampleResult Test()
    {
        if (Count == 0)
        {
            throw new InvalidOperationException("An empty window has no distribution to test");
        }

        long m = _reference.Count, n = Count;
        long scaled = m * n <= int.MaxValue ? LargestDistanceInt32((int)m, (int)n) : LargestDistanceInt64(m, n);
        long g = KolmogorovSmirnovDistribution.GreatestCommonDivisor(m, n);
        double p = KolmogorovSmirnovDistribution.Survival(m, n, scaled / g, out PValueMethod method);
        return new TwoSampleResult(scaled / ((double)m * n), p, m, n, method);
    }

    /// <summary>
    /// Cliff's delta (Cliff 1993): P(window value &gt; reference value) − P(window value &lt; reference value), −1..1; 0 means
    /// no shift, the sign its direction. NaN for an empty window.
    /// </summary>
    public double CliffsDelta()
    {
        long sum = 0;
        int[] cumulative = _reference.Cumulative;
        for (int slot = 0; slot < _counts.Length; slot++)
        {
            long below = slot == 0 ? 0 : cumulative[slot - 1];
            long above = _reference.Count - cumulative[slot];
            sum += _counts[slot] * (below - above);
        }

        return sum / ((double)_reference.Count * Count);
    }

    /// <summary>max over slots of |R·n − C·m|, R and C the counts up to and including the slot; m·n fits 31 bits.</summary>
    private int LargestDistanceInt32(int m, int n)
    {
        int[] counts = _counts, cumulative = _reference.Cumulative;
        int carry = 0, largest = 0, slot = 0;
        if (Vector256.IsHardwareAccelerated && counts.Length >= Vector256<int>.Count)
        {
            Vector256<int> largests = Vector256<int>.Zero;
            Vector256<int> shift1 = Vector256.Create(0, 0, 1, 2, 3, 4, 5, 6);
            Vector256<int> shift2 = Vector256.Create(0, 0, 0, 1, 2, 3, 4, 5);
            Vector256<int> shift4 = Vector256.Create(0, 0, 0, 0, 0, 1, 2, 3);
            Vector256<int> mask1 = Vector256.Create(0, -1, -1, -1, -1, -1, -1, -1);
            Vector256<int> mask2 = Vector256.Create(0, 0, -1, -1, -1, -1, -1, -1);
            Vector256<int> mask4 = Vector256.Create(0, 0, 0, 0, -1, -1, -1, -1);
            Vector256<int> last = Vector256.Create(7);
            Vector256<int> carries = Vector256<int>.Zero;
            for (; slot <= counts.Length - Vector256<int>.Count; slot += Vector256<int>.Count)
            {
                Vector256<int> sums = Vector256.LoadUnsafe(ref counts[slot]);
                sums += Vector256.Shuffle(sums, shift1) & mask1;
                sums += Vector256.Shuffle(sums, shift2) & mask2;
                sums += Vector256.Shuffle(sums, shift4) & mask4;
                sums += carries;
                carries = Vector256.Shuffle(sums, last);
                Vector256<int> reference = Vector256.LoadUnsafe(ref cumulative[slot]);
                largests = Vector256.Max(largests, Vector256.Abs((reference * n) - (sums * m)));
            }

            carry = carries[0];
            for (int i = 0; i < Vector256<int>.Count; i++)
            {
                largest = Math.Max(largest, largests[i]);
            }
        }

        for (; slot < counts.Length; slot++)
        {
            carry += counts[slot];
            largest = Math.Max(largest, Math.Abs((cumulative[slot] * n) - (carry * m)));
        }

        return largest;
    }

    private long LargestDistanceInt64(long m, long n)
    {
        int[] counts = _counts, cumulative = _reference.Cumulative;
        long sum = 0, largest = 0;
        for (int slot = 0; slot < counts.Length; slot++)
        {
            sum += counts[slot];
            largest = Math.Max(largest, Math.Abs((cumulative[slot] * n) - (sum * m)));
        }

        return largest;
    }
}

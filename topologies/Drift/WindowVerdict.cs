using Fabric.Schemas;
using Fabric.Statistics;

namespace Fabric.Topologies.Drift;

/// <summary>From a closed window to its result. Pure.</summary>
internal static class WindowVerdict
{
    /// <param name="baseline">Null: there is no reference for the signal.</param>
    public static void Fill(
        DriftResult result, DriftOptions options, WindowSlots slots, BaselineSample? baseline, string baselineName)
    {
        result.Drift = options.Name;
        result.Alpha = options.Alpha;
        result.NCur = slots.Count;
        result.NRef = 0;
        result.D = result.P = result.Effect = null;
        result.Baseline = baseline?.Name ?? baselineName;
        result.Verdict = DriftVerdict.Insufficient;
        if (baseline is null || slots.Count == 0)
        {
            return;
        }

        if (!slots.IsOf(baseline))
        {
            result.Baseline = $"{baseline.Name} (changed while the window was open)";
            return;
        }

        var counts = new WindowCounts(baseline.Sample);
        counts.Merge(slots.Expand());
        if (counts.Count != slots.Count)
        {
            // While this signal had no such baseline, values were counted that no slot knows.
            result.Baseline = $"{baseline.Name} (changed while the window was open)";
            return;
        }

        TwoSampleResult test = counts.Test();
        result.NRef = test.ReferenceCount;
        result.D = test.D;
        result.P = test.P;
        result.Effect = counts.CliffsDelta();
        if (test.ReferenceCount >= options.Minimum && test.CurrentCount >= options.Minimum)
        {
            result.Verdict = test.P < options.Alpha ? DriftVerdict.Drift : DriftVerdict.Stable;
        }
    }
}

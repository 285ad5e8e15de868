using System.Runtime.InteropServices;
using Fabric.Statistics;

namespace Fabric.Topologies.Drift;

/// <summary>The reference values of one signal.</summary>
/// <param name="Name">What results say, with the original count when it was thinned.</param>
/// <param name="Sample">The values, prepared.</param>
/// <param name="Fingerprint">Equal for equal values: windows kept over a restart count in slots of one sample alone.</param>
public sealed record BaselineSample(string Name, ReferenceSample Sample, long Fingerprint);

/// <summary>Reference samples by asset and signal. Immutable, thread-safe.</summary>
public sealed class Baseline
{
    /// <summary>Most values of one sample; larger ones are thinned.</summary>
    public const int ValuesMax = 10_000;

    private readonly Dictionary<(string? Asset, string Signal), BaselineSample> _samples = [];

    /// <param name="name">What results call it.</param>
    public Baseline(string name) => Name = name;

    public string Name { get; }

    /// <summary>Signals with a sample, each asset counted.</summary>
    public int Count => _samples.Count;

    /// <summary>The sample of the asset, else the one that holds for all assets; null when there is neither.</summary>
    public BaselineSample? Find(string asset, string signal) =>
        _samples.GetValueOrDefault((asset, signal)) ?? _samples.GetValueOrDefault((null, signal));

    /// <param name="asset">Null: for every asset that has none of its own.</param>
    /// <param name="values">Finite, in ascending order; at most <see cref="ValuesMax"/> are there.</param>
    /// <param name="found">How many there were before thinning.</param>
    internal void Add(string? asset, string signal, ReadOnlySpan<double> values, long found)
    {
        string name = found > values.Length ? $"{Name} ({values.Length} of {found} values)" : Name;
        _samples.Add((asset, signal), new BaselineSample(name, new ReferenceSample(values), FingerprintOf(values)));
    }

    /// <summary>FNV-1a over the bits in order; -0.0 is 0.0, as slots have it.</summary>
    private static long FingerprintOf(ReadOnlySpan<double> values)
    {
        ulong hash = 14695981039346656037;
        foreach (double value in values)
        {
            double plain = value + 0.0;
            foreach (byte part in MemoryMarshal.AsBytes(new ReadOnlySpan<double>(in plain)))
            {
                hash = unchecked((hash ^ part) * 1099511628211);
            }
        }

        return unchecked((long)hash);
    }
}

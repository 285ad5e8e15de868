using Xunit.Abstractions;

namespace Fabric.Testing;

/// <summary>
/// How fuzzed inputs ended, by error code, how many got past the header, and what the dearest of them cost. Every fuzz test prints
/// it and holds it against the same measure: DESIGN §10.
/// </summary>
public sealed class FuzzHistogram
{
    /// <summary>Inputs of a fuzz test of one parser.</summary>
    public const int Inputs = 100_000;

    private const string Accepted = "(accepted)";
    private const double PastHeaderShareMin = 0.3;

    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);
    private int _pastHeader;
    private long _bytesMost;
    private TimeSpan _longest;

    public int Total { get; private set; }

    /// <summary>Inputs that ended with this code; null: that were accepted.</summary>
    public int this[string? code] => _counts.GetValueOrDefault(code ?? Accepted);

    public IReadOnlyCollection<string> Codes => _counts.Keys;

    /// <summary>Counts an input.</summary>
    /// <param name="code">How it was refused; null when it was accepted.</param>
    /// <param name="isPastHeader">Whether the parser looked into what stands behind the header.</param>
    public void Add(string? code, bool isPastHeader)
    {
        _counts[code ?? Accepted] = this[code] + 1;
        _pastHeader += isPastHeader ? 1 : 0;
        Total++;
    }

    /// <summary>Runs the parser on this thread over one input and remembers what it took.</summary>
    public T Measure<T>(Func<T> parse)
    {
        long bytes = GC.GetAllocatedBytesForCurrentThread();
        long startedAt = TimeProvider.System.GetTimestamp();
        T result = parse();
        TimeSpan took = TimeProvider.System.GetElapsedTime(startedAt);
        _bytesMost = Math.Max(_bytesMost, GC.GetAllocatedBytesForCurrentThread() - bytes);
        _longest = took > _longest ? took : _longest;
        return result;
    }

    public void Print(ITestOutputHelper output)
    {
        foreach ((string code, int count) in _counts)
        {
            output.WriteLine($"{code,-40}{count,8}  {100.0 * count / Total:F1} %");
        }

        output.WriteLine(
            $"measured {Total} inputs, {100.0 * _pastHeader / Total:F1} % past the header; the dearest took {_bytesMost} bytes, the longest "
            + $"{_longest.TotalMilliseconds:F1} ms");
    }

    /// <summary>
    /// At least 30 % got past the header, each of the codes came out and no other, and no input that went through
    /// <see cref="Measure"/> took more memory than allowed.
    /// </summary>
    /// <param name="codes">Every code that the parser can give.</param>
    /// <param name="rare">Codes besides that only some of the inputs drawn can bring about.</param>
    public void AssertCovers(IEnumerable<string> codes, long bytesMax, params string[] rare)
    {
        string[] expected = [.. codes.Append(Accepted)];
        Assert.Empty(Codes.Except(expected).Except(rare));
        AssertReaches(expected, bytesMax);
    }

    /// <summary>As <see cref="AssertCovers"/>, where a parser can give more codes than bytes alone bring about.</summary>
    public void AssertReaches(IEnumerable<string> codes, long bytesMax)
    {
        Assert.True(_pastHeader >= Total * PastHeaderShareMin, $"only {_pastHeader} of {Total} got past the header");
        Assert.Empty(codes.Except(Codes));
        Assert.True(_bytesMost <= bytesMax, $"{_bytesMost} bytes for one input, at most {bytesMax}");
    }
}

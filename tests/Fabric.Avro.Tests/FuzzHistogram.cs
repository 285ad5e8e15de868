using Xunit.Abstractions;

namespace Fabric.Avro.Tests;

/// <summary>How fuzzed inputs ended, by error code.</summary>
internal sealed class FuzzHistogram
{
    private const string Accepted = "(accepted)";

    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);

    public int Total { get; private set; }

    public void Add(string? code)
    {
        _counts[code ?? Accepted] = this[code] + 1;
        Total++;
    }

    public int this[string? code] => _counts.GetValueOrDefault(code ?? Accepted);

    public void Print(ITestOutputHelper output)
    {
        foreach ((string code, int count) in _counts)
        {
            output.WriteLine($"{code,-28}{count,8}  {100.0 * count / Total:F1} %");
        }
    }
}

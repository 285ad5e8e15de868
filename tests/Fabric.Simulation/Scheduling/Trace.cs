using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Fabric.Simulation.Scheduling;

/// <summary>What happened, in order: a hash over all of it to compare runs by, and the last lines to read.</summary>
internal sealed class Trace(Func<TimeSpan> elapsed) : IDisposable
{
    private const int LinesMax = 400;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Queue<string> _last = new();
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);

    /// <summary>Told of every line.</summary>
    public Action<string>? Watcher { get; set; }

    /// <summary>How often each kind of thing happened.</summary>
    public IReadOnlyDictionary<string, int> Counts => _counts;

    /// <summary>SHA-256 over everything so far, hexadecimal.</summary>
    public string Hash => Convert.ToHexStringLower(_hash.GetCurrentHash());

    public string Last => string.Join('\n', _last);

    /// <param name="kind">Counted.</param>
    public void Add(string kind, string detail = "")
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"{elapsed().TotalMilliseconds:0.000} {kind} {detail}");
        _hash.AppendData(Encoding.UTF8.GetBytes(line));
        _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
        _last.Enqueue(line);
        if (_last.Count > LinesMax)
        {
            _last.Dequeue();
        }

        Watcher?.Invoke(line);
    }

    public void Dispose() => _hash.Dispose();
}

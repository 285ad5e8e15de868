using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;

namespace Fabric.EndToEnd.Bench;

/// <summary>One commit of a table as somebody outside sees it.</summary>
/// <param name="SeenMicros">When its log file was there, since 1970-01-01T00:00:00Z.</param>
/// <param name="Files">Data files it added, as full paths.</param>
internal sealed record SeenCommit(long SeenMicros, long Rows, long Bytes, IReadOnlyList<string> Files);

/// <summary>Notes when each version of a Delta table becomes visible, by looking for the next file of its log.</summary>
internal sealed class CommitWatch : IAsyncDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(10);

    private readonly string _table;
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentQueue<SeenCommit> _commits = new();
    private readonly Task _looking;

    public CommitWatch(string lakeFolder, string name)
    {
        Name = name;
        _table = Path.Combine(lakeFolder, name);
        _looking = LookAsync(_closing.Token);
    }

    public string Name { get; }

    /// <summary>In the order of their versions.</summary>
    public IReadOnlyCollection<SeenCommit> Commits => _commits;

    public long Rows => _commits.Sum(commit => commit.Rows);

    /// <summary>Waits until the table has so many rows; false when none came for the bound.</summary>
    public async Task<bool> WhenRowsAsync(long rows, TimeSpan quietMax)
    {
        (long seen, long since) = (Rows, TimeProvider.System.GetTimestamp());
        while (Rows < rows)
        {
            if (Rows != seen)
            {
                (seen, since) = (Rows, TimeProvider.System.GetTimestamp());
            }

            if (TimeProvider.System.GetElapsedTime(since) > quietMax)
            {
                return false;
            }

            await Task.Delay(LookEvery);
        }

        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _looking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _closing.Dispose();
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        for (long version = 0; ; version++)
        {
            string path = Path.Combine(_table, "_delta_log", version.ToString("D20", CultureInfo.InvariantCulture) + ".json");
            while (!File.Exists(path))
            {
                await Task.Delay(LookEvery, cancellationToken);
            }

            _commits.Enqueue(Read(path));
        }
    }

    private SeenCommit Read(string path)
    {
        long seenMicros = (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        long rows = 0, bytes = 0;
        var files = new List<string>();
        foreach (string line in File.ReadLines(path))
        {
            using JsonDocument action = JsonDocument.Parse(line);
            if (action.RootElement.TryGetProperty("add", out JsonElement add))
            {
                using JsonDocument statistics = JsonDocument.Parse(add.GetProperty("stats").GetString()!);
                rows += statistics.RootElement.GetProperty("numRecords").GetInt64();
                bytes += add.GetProperty("size").GetInt64();
                files.Add(Path.Combine(_table, Uri.UnescapeDataString(add.GetProperty("path").GetString()!)));
            }
        }

        return new SeenCommit(seenMicros, rows, bytes, files);
    }
}

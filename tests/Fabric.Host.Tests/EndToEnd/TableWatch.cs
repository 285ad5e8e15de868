using Fabric.Core;
using Fabric.Core.Storage;
using Fabric.Delta;
using Fabric.Delta.Actions;
using Fabric.Delta.Checkpoints;
using Fabric.DuckDb;

namespace Fabric.Host.Tests.EndToEnd;

/// <summary>Watches a growing table from outside and reads each of its files once: looking must not be what the machine is busy with.</summary>
internal sealed class TableWatch : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly DuckDbDatabase _database = DuckDbDatabase.Open(new DuckDbOptions { Threads = 1 });
    private readonly DuckDbConnection _connection;
    private readonly DeltaTable _table;
    private readonly HashSet<string> _read = [];
    private readonly Dictionary<string, long> _newest = new(StringComparer.Ordinal);

    public TableWatch(string lakeFolder, string table)
    {
        var ids = new SystemIdSource(TimeProvider.System);
        _connection = _database.Connect();
        _table = new DeltaTable(
            new LocalObjectStore(lakeFolder, ids), table,
            new DeltaEnvironment(TimeProvider.System, new Random(), ids, new DuckDbCheckpointFiles(_database)));
    }

    /// <summary>Rows so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Waits until every one of so many assets has a row of what was received after the moment.</summary>
    public async Task WhenReceivedAfterAsync(long micros, int assets, TimeSpan bound)
    {
        using var timeout = new CancellationTokenSource(bound);
        while (_newest.Values.Count(newest => newest > micros) < assets)
        {
            if (timeout.IsCancellationRequested)
            {
                throw new TimeoutException(
                    $"No progress within {bound}: {_newest.Values.Count(newest => newest > micros)} of {assets} assets have newer rows");
            }

            await Task.Delay(Step);
            await ReadNewAsync();
        }
    }

    /// <summary>Waits until the table has so many rows; returns what it has at the end of the bound.</summary>
    public async Task<long> WhenRowsAsync(long rows, TimeSpan bound)
    {
        using var timeout = new CancellationTokenSource(bound);
        while (Rows < rows && !timeout.IsCancellationRequested)
        {
            await Task.Delay(Step);
            await ReadNewAsync();
        }

        return Rows;
    }

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }

    private async Task ReadNewAsync()
    {
        if (!await _table.ExistsAsync(CancellationToken.None))
        {
            return;
        }

        Snapshot snapshot = await _table.LoadAsync(CancellationToken.None);
        string[] files = [.. snapshot.Files.Select(snapshot.RelativePath).Where(_read.Add)];
        if (files.Length == 0)
        {
            return;
        }

        string list = string.Join(", ", files.Select(file => $"'{Path.Combine(_table.Root, file)}'"));
        using DuckDbResult result = _connection.Query(
            $"SELECT asset, count(*), epoch_us(max(received_at)) FROM read_parquet([{list}]) GROUP BY ALL");
        foreach (object?[] row in result.Rows())
        {
            string asset = (string)row[0]!;
            Rows += (long)row[1]!;
            _newest[asset] = Math.Max(_newest.GetValueOrDefault(asset), (long)row[2]!);
        }
    }
}

using Fabric.Delta.Actions;

namespace Fabric.Delta.Tests;

/// <summary>A random but legal sequence of commits: adds, removes, re-adds, positions, a schema that grows.</summary>
internal sealed class RandomHistory(Random chance)
{
    private static readonly string[] Oddities =
        ["plain", "sp%20ace", "%C3%BC", "a=b%253A", "quote%22", "d/e/f", "emoji%F0%9F%98%80", "star*", "%5Bx%5D", "'"];

    private readonly List<AddAction> _active = [];
    private readonly List<AddAction> _gone = [];
    private int _files;

    public List<DeltaAction> First() =>
    [
        new ProtocolAction(1, 2),
        Metadata(["id"]),
    ];

    public List<DeltaAction> Next(long version)
    {
        var actions = new List<DeltaAction>
        {
            new CommitInfoAction(version, "WRITE", $"txn-{version}", null, $"{{\"txnId\":\"txn-{version}\",\"timestamp\":{version}}}"),
        };
        if (chance.Next(8) == 0)
        {
            actions.Add(Metadata([.. Enumerable.Range(0, chance.Next(1, 5)).Select(i => $"c{i}")]));
        }

        for (int i = chance.Next(3); i > 0; i--)
        {
            actions.RemoveAll(action => action is TxnAction txn && txn.AppId == $"app-{i}");
            actions.Add(new TxnAction($"app-{i}", chance.NextInt64(), chance.Next(2) == 0 ? null : chance.NextInt64(1L << 40)));
        }

        var touched = new HashSet<string>();
        for (int i = chance.Next(4); i > 0; i--)
        {
            AddFile(actions, touched);
        }

        for (int i = chance.Next(3); i > 0 && _active.Count > 0; i--)
        {
            RemoveFile(actions, touched);
        }

        return actions;
    }

    private static MetadataAction Metadata(string[] columns)
    {
        string fields = string.Join(",", columns.Select(column =>
            $"{{\"name\":\"{column}\",\"type\":\"long\",\"nullable\":true,\"metadata\":{{}}}}"));
        return new MetadataAction(
            "11111111-2222-3333-4444-555555555555", columns.Length > 2 ? "näme" : null, null, "parquet",
            new Dictionary<string, string?>(), $"{{\"type\":\"struct\",\"fields\":[{fields}]}}", [],
            new Dictionary<string, string?> { ["delta.deletedFileRetentionDuration"] = "interval 100000 weeks", ["x"] = columns[0] },
            columns.Length);
    }

    private void AddFile(List<DeltaAction> actions, HashSet<string> touched)
    {
        AddAction add;
        if (_gone.Count > 0 && chance.Next(4) == 0)
        {
            add = _gone[chance.Next(_gone.Count)];
        }
        else
        {
            add = new AddAction(
                $"{Oddities[chance.Next(Oddities.Length)]}-{_files++}.parquet", new Dictionary<string, string?>(),
                chance.NextInt64(), chance.NextInt64(1L << 41), true,
                chance.Next(2) == 0 ? null : "{\"numRecords\":1,\"minValues\":{\"id\":\"ü\\\"\\n\"}}",
                chance.Next(2) == 0 ? null : new Dictionary<string, string?> { ["sha"] = "x\ty", ["none"] = null, [""] = "" });
        }

        if (touched.Add(add.Path))
        {
            _gone.Remove(add);
            _active.Add(add);
            actions.Add(add);
        }
    }

    private void RemoveFile(List<DeltaAction> actions, HashSet<string> touched)
    {
        AddAction file = _active[chance.Next(_active.Count)];
        if (touched.Add(file.Path))
        {
            _active.Remove(file);
            _gone.Add(file);
            actions.Add(new RemoveAction(
                file.Path, chance.NextInt64(1, 1L << 41), chance.Next(2) == 0, true, file.PartitionValues, file.Size));
        }
    }
}

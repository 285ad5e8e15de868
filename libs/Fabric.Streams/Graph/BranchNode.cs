namespace Fabric.Streams.Graph;

/// <summary>Sends each record down the first branch whose predicate holds; a branch without one takes what is left.</summary>
internal sealed class BranchNode<K, V>(string name, int index) : ReceivingNode<K, V>(name, index)
{
    private readonly List<(Func<K, V, bool>? Predicate, Port<K, V> Port)> _branches = [];

    public Port<K, V> AddBranch(Func<K, V, bool>? predicate)
    {
        var port = new Port<K, V>(this);
        _branches.Add((predicate, port));
        return port;
    }

    protected override Step Create(TaskGraph graph) => new Running(
        graph, Name, [.. _branches.Select(branch => (branch.Predicate, branch.Port.Build(graph)))]);

    private sealed class Running(TaskGraph graph, string name, (Func<K, V, bool>? Predicate, Outlet<K, V> Outlet)[] branches)
        : Step(graph.Task, name), IReceiver<K, V>
    {
        public void Process(in Record<K, V> record)
        {
            try
            {
                foreach ((Func<K, V, bool>? predicate, Outlet<K, V> outlet) in branches)
                {
                    if (predicate is null || predicate(record.Key, record.Value))
                    {
                        outlet.Forward(record);
                        return;
                    }
                }
            }
            catch (Exception failed) when (Task.Blame(Name, RejectionRule.Processing, failed))
            {
                throw;
            }
        }
    }
}

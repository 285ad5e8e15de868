namespace Fabric.Streams.Graph;

/// <summary>Parts a topology into what can run apart: union-find over forwarding and shared stores.</summary>
internal static class SubTopologyFinder
{
    public static IReadOnlyList<SubTopology> Find(
        IReadOnlyList<Node> nodes, IReadOnlyDictionary<string, StoreBuilder> stores,
        IReadOnlyDictionary<string, TopicName> tableTopics)
    {
        int[] parent = [.. Enumerable.Range(0, nodes.Count)];
        var userOfStore = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (Node node in nodes)
        {
            foreach (Node child in node.Children)
            {
                Union(parent, node.Index, child.Index);
            }

            foreach (string store in node.Stores)
            {
                Union(parent, node.Index, userOfStore.TryGetValue(store, out int user) ? user : node.Index);
                userOfStore[store] = node.Index;
            }
        }

        return
        [
            .. nodes.GroupBy(node => Root(parent, node.Index))
                .OrderBy(group => group.Min(node => node.Index))
                .Select((group, index) => new SubTopology(
                    index, [.. group],
                    [.. group.SelectMany(node => node.Stores).Distinct().Select(store => stores[store])], tableTopics)),
        ];
    }

    private static int Root(int[] parent, int index)
    {
        while (parent[index] != index)
        {
            index = parent[index] = parent[parent[index]];
        }

        return index;
    }

    private static void Union(int[] parent, int one, int other)
    {
        int first = Root(parent, one);
        int second = Root(parent, other);
        parent[Math.Max(first, second)] = Math.Min(first, second);
    }
}

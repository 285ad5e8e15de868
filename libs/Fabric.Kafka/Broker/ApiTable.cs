namespace Fabric.Kafka.Broker;

/// <summary>Every API key this broker speaks, by number: what ApiVersions advertises and what requests are matched with.</summary>
internal sealed class ApiTable
{
    private readonly IApiHandler?[] _byKey;

    /// <exception cref="ArgumentException">Two handlers have one key.</exception>
    public ApiTable(IEnumerable<IApiHandler> handlers)
    {
        All = handlers.OrderBy(handler => handler.Key).ToArray();
        _byKey = new IApiHandler?[All[^1].Key + 1];
        foreach (IApiHandler handler in All)
        {
            if (_byKey[handler.Key] is { } other)
            {
                throw new ArgumentException($"{handler.Name} and {other.Name} both claim key {handler.Key}");
            }

            _byKey[handler.Key] = handler;
        }
    }

    /// <summary>In order of the keys.</summary>
    public IReadOnlyList<IApiHandler> All { get; }

    /// <summary>The handler of that key; null when the key is not spoken.</summary>
    public IApiHandler? Find(short key) => (ushort)key < (uint)_byKey.Length ? _byKey[key] : null;
}


namespace Fabric.Kafka.Broker.Configs;

/// <summary>A setting with its value in force, and those it would fall back to, nearest first.</summary>
internal sealed record ConfigValue(
    ConfigKey Key, string Name, string Value, ConfigSource Source, bool IsReadOnly, IReadOnlyList<ConfigSynonym> Synonyms);

/// <summary>One place a value comes or would come from.</summary>
internal sealed record ConfigSynonym(string Name, string Value, ConfigSource Source);

/// <summary>
/// The broker's settings by Kafka's names: those that are defaults of topics can be changed while it runs, those that follow from
/// how it was started are shown read-only. Only the loop touches it.
/// </summary>
internal sealed class BrokerConfigs
{
    private readonly Dictionary<string, ConfigKey> _topicDefaults =
        TopicConfigKeys.All.ToDictionary(key => key.BrokerName!, key => key);

    private readonly IReadOnlyDictionary<string, string> _static;

    /// <param name="topicDefaults">Values given at the start for broker settings that topics fall back to.</param>
    public BrokerConfigs(IReadOnlyDictionary<string, string> topicDefaults) => _static = topicDefaults;

    /// <summary>Settings that follow from how the broker was started, each with its value as default.</summary>
    public IReadOnlyList<ConfigKey> ReadOnly { get; set; } = [];

    /// <summary>What was changed while running, by broker names.</summary>
    public IReadOnlyDictionary<string, string> Dynamic { get; set; } = new Dictionary<string, string>();

    /// <summary>The topic setting that this broker setting is the default of; null when it is none or cannot be changed.</summary>
    public ConfigKey? FindChangeable(string brokerName) => _topicDefaults.GetValueOrDefault(brokerName);

    /// <summary>Null when all can be set together, else what is wrong with the first that cannot.</summary>
    public string? Problem(IEnumerable<KeyValuePair<string, string>> configs)
    {
        foreach ((string name, string value) in configs)
        {
            string? problem = FindChangeable(name) is { } key
                ? (key with { Name = name }).Problem(value)
                : ReadOnly.Any(known => known.Name == name)
                    ? $"Cannot update these configs dynamically: {name}"
                    : $"Unknown broker config name: {name}";
            if (problem is not null)
            {
                return problem;
            }
        }

        return null;
    }

    /// <summary>The value a topic without its own has, by the topic setting's name.</summary>
    public string TopicDefault(string topicName) => DefaultChain(TopicConfigKeys.Find(topicName)!)[0].Value;

    /// <summary>One topic's settings, all of them.</summary>
    public IEnumerable<ConfigValue> DescribeTopic(IReadOnlyDictionary<string, string> own)
    {
        foreach (ConfigKey key in TopicConfigKeys.All)
        {
            List<ConfigSynonym> chain = DefaultChain(key);
            if (own.TryGetValue(key.Name, out string? value))
            {
                chain.Insert(0, new ConfigSynonym(key.Name, value, ConfigSource.Topic));
            }

            yield return new ConfigValue(key, key.Name, chain[0].Value, chain[0].Source, IsReadOnly: false, chain);
        }
    }

    /// <summary>The broker's own settings, all of them.</summary>
    public IEnumerable<ConfigValue> DescribeBroker()
    {
        foreach (ConfigKey key in TopicConfigKeys.All)
        {
            List<ConfigSynonym> chain = DefaultChain(key);
            yield return new ConfigValue(key, key.BrokerName!, chain[0].Value, chain[0].Source, IsReadOnly: false, chain);
        }

        foreach (ConfigKey key in ReadOnly)
        {
            yield return new ConfigValue(
                key, key.Name, key.Default, ConfigSource.StaticBroker, IsReadOnly: true,
                [new ConfigSynonym(key.Name, key.Default, ConfigSource.StaticBroker)]);
        }
    }

    private List<ConfigSynonym> DefaultChain(ConfigKey key)
    {
        var chain = new List<ConfigSynonym>(3);
        if (Dynamic.TryGetValue(key.BrokerName!, out string? changed))
        {
            chain.Add(new ConfigSynonym(key.BrokerName!, changed, ConfigSource.DynamicBroker));
        }

        if (_static.TryGetValue(key.BrokerName!, out string? given))
        {
            chain.Add(new ConfigSynonym(key.BrokerName!, given, ConfigSource.StaticBroker));
        }

        chain.Add(new ConfigSynonym(key.BrokerName!, key.Default, ConfigSource.Default));
        return chain;
    }
}

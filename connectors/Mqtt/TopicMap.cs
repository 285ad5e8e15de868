namespace Fabric.Connectors.Mqtt;

/// <summary>What a topic says about its messages.</summary>
/// <param name="Attributes">Named levels that the configuration lets through.</param>
/// <param name="Personal">Which parts of it name a person.</param>
internal sealed record TopicMeaning(
    string Device, string Point, IReadOnlyList<KeyValuePair<string, string>> Attributes, TopicPersonal Personal);

/// <summary>Parts of a topic that name a person.</summary>
[Flags]
internal enum TopicPersonal
{
    None = 0,
    Device = 1,
    Point = 2,

    /// <summary>A level that goes nowhere, or an attribute.</summary>
    Other = 4,
}

/// <summary>Meanings of topics, worked out once per topic. Bounded: topics that never come back do not pile up.</summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class TopicMap(MqttConnectorSettings settings, string connector)
{
    private const int TopicsMax = 100_000;

    private readonly string[] _names = [.. settings.Template.Names];
    private readonly Dictionary<string, TopicMeaning?> _meanings = new(StringComparer.Ordinal);

    /// <summary>Null when the topic does not fit the template.</summary>
    public TopicMeaning? Find(string topic)
    {
        if (!_meanings.TryGetValue(topic, out TopicMeaning? meaning))
        {
            if (_meanings.Count >= TopicsMax)
            {
                _meanings.Clear();
            }

            meaning = Read(topic);
            _meanings.Add(topic, meaning);
        }

        return meaning;
    }

    /// <summary>Whether a level with this name is personal.</summary>
    public bool IsPersonal(string name) => settings.Personal.TopicLevels.Contains(name);

    private TopicMeaning? Read(string topic)
    {
        if (settings.Template.Match(topic) is not { } values)
        {
            return null;
        }

        string device = connector, point = "";
        var personal = TopicPersonal.None;
        var attributes = new List<KeyValuePair<string, string>>();
        for (int i = 0; i < _names.Length; i++)
        {
            TopicPersonal part = TopicPersonal.Other;
            switch (_names[i])
            {
                case "device":
                    (device, part) = (values[i], TopicPersonal.Device);
                    break;
                case "point":
                    (point, part) = (values[i], TopicPersonal.Point);
                    break;
                case var name when settings.Attributes.Contains(name):
                    attributes.Add(KeyValuePair.Create(name, values[i]));
                    break;
            }

            personal |= IsPersonal(_names[i]) ? part : TopicPersonal.None;
        }

        return new TopicMeaning(device, point, attributes, personal);
    }
}

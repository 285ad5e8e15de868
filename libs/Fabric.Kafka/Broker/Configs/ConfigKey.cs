using System.Globalization;

namespace Fabric.Kafka.Broker.Configs;

/// <summary>Kafka's types of settings, by their numbers on the wire (DescribeConfigs v3).</summary>
internal enum ConfigType : sbyte
{
    Boolean = 1,
    String = 2,
    Int = 3,
    Short = 4,
    Long = 5,
    Double = 6,
    List = 7,
}

/// <summary>Where a value comes from, by the numbers on the wire (DescribeConfigs v1).</summary>
internal enum ConfigSource : sbyte
{
    Topic = 1,
    DynamicBroker = 2,
    DynamicDefaultBroker = 3,
    StaticBroker = 4,
    Default = 5,
}

/// <summary>One setting by Kafka's name.</summary>
/// <param name="Default">As text, as Kafka prints it.</param>
/// <param name="BrokerName">The broker setting that a topic setting falls back to; null for a broker setting itself.</param>
/// <param name="Values">Legal words of a string or list; null when numbers are meant.</param>
internal sealed record ConfigKey(
    string Name, ConfigType Type, string Default, string Documentation, string? BrokerName = null,
    double Min = double.MinValue, double Max = double.MaxValue, IReadOnlyList<string>? Values = null)
{
    /// <summary>Null when the value may be set, else what is wrong with it.</summary>
    public string? Problem(string value) => Type switch
    {
        ConfigType.Int => OutOfRange(int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int i), i, value),
        ConfigType.Short => OutOfRange(short.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out short s), s, value),
        ConfigType.Long => OutOfRange(long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long l), l, value),
        ConfigType.Double => OutOfRange(double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double d), d, value),
        ConfigType.Boolean => bool.TryParse(value, out _) ? null : $"Invalid value {value} for configuration {Name}: expected true or false",
        ConfigType.List => Split(value) is { Length: > 0 } parts && parts.All(Values!.Contains) ? null : NotOneOf(value),
        _ => Values is null || Values.Contains(value) ? null : NotOneOf(value),
    };

    /// <summary>The parts of a list value.</summary>
    public static string[] Split(string value) =>
        value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private string? OutOfRange(bool isNumber, double number, string value) =>
        isNumber && number >= Min && number <= Max
            ? null
            : $"Invalid value {value} for configuration {Name}: expected {Type.ToString().ToLowerInvariant()}"
                + (Min > double.MinValue ? $" of at least {Min.ToString(CultureInfo.InvariantCulture)}" : "")
                + (Max < double.MaxValue ? $" and at most {Max.ToString(CultureInfo.InvariantCulture)}" : "");

    private string NotOneOf(string value) =>
        $"Invalid value {value} for configuration {Name}: expected {string.Join(", ", Values!)}";
}

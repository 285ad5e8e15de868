namespace Fabric.Kafka.Broker.Topics;

/// <summary>What may be a topic's name: 1 to 249 of <c>a-z A-Z 0-9 . _ -</c>, and neither <c>.</c> nor <c>..</c>.</summary>
internal static class TopicName
{
    public const int CharactersMax = 249;

    /// <summary>Names kept for the coordinators' own logs.</summary>
    public static readonly IReadOnlySet<string> Internal =
        new HashSet<string>(StringComparer.Ordinal) { "__consumer_offsets", "__transaction_state" };

    /// <summary>Null when the name is legal, else why not.</summary>
    public static string? Problem(string name)
    {
        if (name.Length is 0 or > CharactersMax)
        {
            return $"A topic name has 1 to {CharactersMax} characters, found {name.Length}";
        }

        if (name is "." or "..")
        {
            return "A topic cannot be called '.' or '..'";
        }

        foreach (char letter in name)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('.' or '_' or '-'))
            {
                return "A topic name consists of letters, digits, '.', '_' and '-'";
            }
        }

        return null;
    }

    /// <summary>Kafka refuses names that differ only in '.' and '_': its metric names could not tell them apart.</summary>
    public static string CollisionKey(string name) => name.Replace('.', '_');
}

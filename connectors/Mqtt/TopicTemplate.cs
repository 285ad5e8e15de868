namespace Fabric.Connectors.Mqtt;

/// <summary>
/// Names the levels of a topic: <c>{site}/{line}/{device}/{point}</c>, with literal levels between, and at the end
/// <c>{point+}</c> for all levels that are left. <c>device</c> and <c>point</c> have their meaning; other names are attributes.
/// </summary>
/// <remarks>Immutable, thread-safe.</remarks>
public sealed class TopicTemplate
{
    private readonly Level[] _levels;

    private TopicTemplate(string text, Level[] levels)
    {
        Text = text;
        _levels = levels;
    }

    public string Text { get; }

    /// <summary>The named levels, in order.</summary>
    public IEnumerable<string> Names => _levels.Where(level => level.IsNamed).Select(level => level.Text);

    /// <summary>Parses a template.</summary>
    /// <param name="problem">What is wrong with it; empty when it is sound.</param>
    public static TopicTemplate? Parse(string text, out string problem)
    {
        problem = "";
        string[] parts = text.Split('/');
        var levels = new Level[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            string part = parts[i];
            bool isNamed = part.StartsWith('{') && part.EndsWith('}');
            bool isTail = isNamed && part.EndsWith("+}", StringComparison.Ordinal);
            string name = isNamed ? part[1..^(isTail ? 2 : 1)] : part;
            if (name.IndexOfAny(['{', '}', '+', '#']) >= 0 || (isNamed && name.Length == 0))
            {
                problem = $"'{part}' is neither a plain level nor a name in braces such as {{device}}";
            }
            else if (isTail && i < parts.Length - 1)
            {
                problem = $"'{part}' takes all levels that are left and must be the last";
            }
            else if (isNamed && levels.Take(i).Any(level => level.IsNamed && level.Text == name))
            {
                problem = $"'{name}' is named twice";
            }

            levels[i] = new Level(name, isNamed, isTail);
        }

        return problem.Length == 0 ? new TopicTemplate(text, levels) : null;
    }

    /// <summary>The values of the named levels, in order; null when the topic does not have this form.</summary>
    public string[]? Match(string topic)
    {
        string[] parts = topic.Split('/');
        var values = new List<string>();
        for (int i = 0; i < _levels.Length; i++)
        {
            Level level = _levels[i];
            if (level.IsTail)
            {
                values.Add(string.Join('/', parts.Skip(i)));
                return i < parts.Length ? [.. values] : null;
            }

            if (i >= parts.Length || (!level.IsNamed && level.Text != parts[i]))
            {
                return null;
            }

            if (level.IsNamed)
            {
                values.Add(parts[i]);
            }
        }

        return parts.Length == _levels.Length ? [.. values] : null;
    }

    private readonly record struct Level(string Text, bool IsNamed, bool IsTail);
}

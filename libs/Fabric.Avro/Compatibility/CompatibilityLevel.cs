namespace Fabric.Avro;

/// <summary>What a new version of a schema must be able to do, in Confluent's words.</summary>
public enum CompatibilityLevel
{
    None,

    /// <summary>Reads data of the latest version.</summary>
    Backward,

    /// <summary>Reads data of every version.</summary>
    BackwardTransitive,

    /// <summary>Its data can be read with the latest version.</summary>
    Forward,

    /// <summary>Its data can be read with every version.</summary>
    ForwardTransitive,
    Full,
    FullTransitive,
}

/// <summary>How registries spell the levels.</summary>
public static class CompatibilityLevels
{
    private static readonly string[] Texts =
    [
        "NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE",
    ];

    /// <summary>E.g. <c>BACKWARD_TRANSITIVE</c>.</summary>
    public static string ToText(this CompatibilityLevel level) => Texts[(int)level];

    /// <summary>The level of that spelling, ignoring case; false when there is none.</summary>
    public static bool TryParse(string text, out CompatibilityLevel level)
    {
        int index = Array.FindIndex(Texts, known => known.Equals(text, StringComparison.OrdinalIgnoreCase));
        level = index < 0 ? default : (CompatibilityLevel)index;
        return index >= 0;
    }
}

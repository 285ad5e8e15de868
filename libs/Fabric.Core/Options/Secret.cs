namespace Fabric.Core.Options;

/// <summary>A value that must not be printed. Only <see cref="Reveal"/> gives it away, so that its uses can be searched for.</summary>
public sealed class Secret
{
    private readonly string _value;

    /// <param name="value">The secret text.</param>
    /// <param name="origin">Where it came from, printable, e.g. <c>${env:BROKER_PASSWORD}</c>.</param>
    public Secret(string value, string origin)
    {
        _value = value;
        Origin = origin;
    }

    /// <summary>Where the value came from: printable.</summary>
    public string Origin { get; }

    /// <summary>The value, to be handed to the one who checks it and to nobody else.</summary>
    public string Reveal() => _value;

    /// <summary>The origin, never the value.</summary>
    public override string ToString() => Origin;
}

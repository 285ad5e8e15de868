using System.Diagnostics.CodeAnalysis;

namespace Fabric.Topologies.Drift;

/// <summary>Names signals by model and name: <c>Pump.vibration</c>, <c>Pump.*</c>, <c>*.vibration</c>, <c>*</c>.</summary>
/// <param name="Model">Null for any.</param>
/// <param name="Signal">Null for any.</param>
public sealed record SignalSelector(string? Model, string? Signal)
{
    /// <summary>The model ends at the first dot; what follows is the signal, dots included.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out SignalSelector? selector)
    {
        selector = null;
        if (text == "*")
        {
            selector = new SignalSelector(null, null);
            return true;
        }

        int dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot <= 0 || dot == text.Length - 1)
        {
            return false;
        }

        string model = text[..dot], signal = text[(dot + 1)..];
        if ((model != "*" && model.Contains('*', StringComparison.Ordinal))
            || (signal != "*" && signal.Contains('*', StringComparison.Ordinal)))
        {
            return false;
        }

        selector = new SignalSelector(model == "*" ? null : model, signal == "*" ? null : signal);
        return true;
    }

    public bool Matches(string model, string signal) =>
        (Model is null || Model == model) && (Signal is null || Signal == signal);
}

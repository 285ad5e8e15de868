namespace Fabric.Twins;

/// <summary>What one source point meant during one stretch of event time.</summary>
/// <param name="FromMicros">Inclusive, microseconds since 1970-01-01T00:00:00Z; <see cref="SinceEver"/> when open.</param>
/// <param name="ToMicros">Exclusive; <see cref="UntilFurtherNotice"/> when open.</param>
/// <param name="Asset">Asset id.</param>
/// <param name="Model">The asset's model.</param>
/// <param name="Path">enterprise/site/area/line/cell/asset.</param>
/// <param name="Signal">Name of the signal within the asset.</param>
/// <param name="Unit">UCUM code of the number; null when the signal has none.</param>
/// <param name="Scale">number = value · Scale + Shift.</param>
/// <param name="Minimum">Smallest plausible number, in <paramref name="Unit"/>; null when unbounded.</param>
/// <param name="Maximum">Largest plausible number; null when unbounded.</param>
public sealed record BindingInterval(
    long FromMicros, long ToMicros, string Asset, string Model, string Path, string Signal, string? Unit,
    double Scale, double Shift, double? Minimum, double? Maximum)
{
    public const long SinceEver = long.MinValue;

    public const long UntilFurtherNotice = long.MaxValue;

    /// <summary>Whether number differs from the value as the source said it.</summary>
    public bool Converts => Scale != 1 || Shift != 0;
}

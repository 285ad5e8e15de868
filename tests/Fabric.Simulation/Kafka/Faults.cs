namespace Fabric.Simulation.Kafka;

/// <summary>How often what goes wrong, as probabilities per occasion; all zero for a kind world.</summary>
internal sealed class Faults
{
    /// <summary>A request does not arrive, and its connection breaks.</summary>
    public double RequestLost { get; set; }

    /// <summary>A request is carried out and its answer does not arrive.</summary>
    public double AnswerLost { get; set; }

    /// <summary>A request or an answer takes seconds.</summary>
    public double Slow { get; set; }

    /// <summary>A flush of the broker's disk fails.</summary>
    public double FlushFails { get; set; }

    /// <summary>An operation of the lake fails and did not happen.</summary>
    public double StoreRefuses { get; set; }

    /// <summary>An operation of the lake fails and happened all the same.</summary>
    public double StoreLies { get; set; }

    /// <summary>The schema registry does not answer.</summary>
    public double RegistryAway { get; set; }

    public void Stop() =>
        RequestLost = AnswerLost = Slow = FlushFails = StoreRefuses = StoreLies = RegistryAway = 0;
}

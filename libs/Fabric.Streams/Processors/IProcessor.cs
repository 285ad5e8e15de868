using Microsoft.Extensions.Logging;

namespace Fabric.Streams;

/// <summary>
/// One step of a topology, one instance per task, called by one thread. An exception sends the record being processed to
/// quarantine, with what it forwarded and put into stores taken back.
/// </summary>
public interface IProcessor<KIn, VIn, KOut, VOut>
{
    /// <summary>Called once, after the state was restored and before the first record.</summary>
    void Init(IProcessorContext<KOut, VOut> context)
    {
    }

    void Process(in Record<KIn, VIn> record);

    /// <summary>Called when the task ends, in order or not; must not forward.</summary>
    void Close()
    {
    }
}

/// <summary>What clock a punctuator follows.</summary>
public enum PunctuationType
{
    /// <summary>Event time: the greatest timestamp the task has seen. Stands still while nothing arrives.</summary>
    StreamTime,

    /// <summary>The machine's clock.</summary>
    WallClockTime,
}

/// <summary>What a processor may ask of its task. Valid on the task's thread alone.</summary>
public interface IProcessorContext
{
    string ApplicationId { get; }

    TaskId TaskId { get; }

    ILogger Logger { get; }

    /// <summary>The greatest event time this task has seen, in milliseconds since 1970; -1 before the first record.</summary>
    long CurrentStreamTimeMs { get; }

    /// <summary>The machine's clock, in milliseconds since 1970 (the test driver's, in a test).</summary>
    long CurrentSystemTimeMs { get; }

    /// <summary>A store that was connected to this processor by name, or a global table, which every processor may read.</summary>
    /// <exception cref="StreamsException">Code <c>STORE_UNKNOWN</c>: not connected, or of another type.</exception>
    T GetStateStore<T>(string name)
        where T : IStateStore;

    /// <summary>
    /// Calls back about every <paramref name="interval"/> with the time that the type means, in milliseconds since 1970.
    /// Calls that were missed are not made up for.
    /// </summary>
    IPunctuation Schedule(TimeSpan interval, PunctuationType type, Action<long> callback);
}

/// <summary>Where a processor sends its results.</summary>
public interface IProcessorContext<K, V> : IProcessorContext
{
    /// <summary>Hands the record to every step that follows, before it returns.</summary>
    void Forward(in Record<K, V> record);
}

/// <summary>A scheduled punctuator.</summary>
public interface IPunctuation
{
    void Cancel();
}

/// <summary>One partition of one sub-topology.</summary>
public readonly record struct TaskId(int SubTopology, int Partition)
{
    /// <summary><c>0_3</c>, as Kafka Streams prints it.</summary>
    public override string ToString() => $"{SubTopology}_{Partition}";
}

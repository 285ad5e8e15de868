namespace Fabric.Core;

/// <summary>
/// The world outside the process is broken: a network, a disk, a peer or an input file. Every project derives exactly one
/// exception type from this one. Bugs are argument exceptions; expected outcomes are values (see STYLE, "Errors").
/// </summary>
public abstract class FabricException : Exception
{
    /// <param name="code">Stable, upper-case identifier of the kind of failure, e.g. <c>AVRO_TRUNCATED</c>.</param>
    /// <param name="message">What was attempted, expected and found, and what a person can do. Never a secret or a payload.</param>
    /// <param name="where">File, offset, field path or topic-partition; empty when the message says it all.</param>
    /// <param name="isRetriable">Whether the same call may succeed later without anybody changing anything.</param>
    /// <param name="innerException">The cause, when another exception was translated.</param>
    protected FabricException(
        string code, string message, string where = "", bool isRetriable = false, Exception? innerException = null)
        : base(where.Length == 0 ? message : $"{message} (at {where})", innerException)
    {
        Code = code;
        Where = where;
        IsRetriable = isRetriable;
    }

    /// <summary>Stable, upper-case identifier of the kind of failure.</summary>
    public string Code { get; }

    /// <summary>Where it happened; empty when unknown.</summary>
    public string Where { get; }

    /// <summary>Whether the same call may succeed later without anybody changing anything.</summary>
    public bool IsRetriable { get; }
}

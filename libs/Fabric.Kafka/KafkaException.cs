using Fabric.Core;

namespace Fabric.Kafka;

/// <summary>Kafka, near (embedded) or far (a cluster), did not do what it was asked.</summary>
public class KafkaException : FabricException
{
    public KafkaException(
        string code, string message, string where = "", bool isRetriable = false, bool isFenced = false,
        Exception? innerException = null, bool isAbortable = false)
        : base(code, message, where, isRetriable, innerException)
    {
        IsFenced = isFenced;
        IsAbortable = isAbortable;
    }

    /// <summary>Another instance took over this transactional id or group member: the caller must stop or start over.</summary>
    public bool IsFenced { get; }

    /// <summary>
    /// The open transaction is lost and the producer is not: abort, read again from the committed offsets, begin anew.
    /// </summary>
    public bool IsAbortable { get; }
}

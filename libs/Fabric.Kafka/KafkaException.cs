using Fabric.Core;

namespace Fabric.Kafka;

/// <summary>Kafka, near (embedded) or far (a cluster), did not do what it was asked.</summary>
public class KafkaException : FabricException
{
    public KafkaException(
        string code, string message, string where = "", bool isRetriable = false, bool isFenced = false,
        Exception? innerException = null)
        : base(code, message, where, isRetriable, innerException) => IsFenced = isFenced;

    /// <summary>Another instance took over this transactional id or group member: the caller must stop or start over.</summary>
    public bool IsFenced { get; }
}

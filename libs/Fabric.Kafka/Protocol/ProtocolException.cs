namespace Fabric.Kafka.Protocol;

/// <summary>
/// A peer sent bytes that are not a Kafka request. Its connection is closed; nothing else is touched. Code
/// <c>MALFORMED_REQUEST</c>.
/// </summary>
internal sealed class ProtocolException(string message, string where = "")
    : KafkaException("MALFORMED_REQUEST", message, where);

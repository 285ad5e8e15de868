using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Groups;

/// <summary>
/// The one look the coordinator takes into what members tell their leader: which topics they subscribe to.
/// <code>ConsumerProtocolSubscription: int16 version | array string topics | bytes? userData | … (plain; standard KIP-429)</code>
/// </summary>
internal static class ConsumerSubscription
{
    /// <summary>The protocol type of groups whose members speak it.</summary>
    public const string ProtocolType = "consumer";

    /// <summary>Whether any member subscribes to the topic; true also when a member cannot be understood.</summary>
    public static bool IsSubscribed(Group group, string topic)
    {
        foreach (GroupMember member in group.Members)
        {
            foreach (GroupProtocol protocol in member.Protocols)
            {
                if (Names(protocol.Metadata, topic))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool Names(byte[] metadata, string topic)
    {
        try
        {
            var reader = new KafkaReader(metadata, isFlexible: false);
            reader.ReadInt16();
            for (int left = reader.ReadArrayLengthOrEmpty(2); left > 0; left--)
            {
                if (reader.ReadString() == topic)
                {
                    return true;
                }
            }

            return false;
        }
        catch (ProtocolException)
        {
            // Not for us to judge what a client's own assignor writes; to delete nothing is the safe side.
            return true;
        }
    }
}

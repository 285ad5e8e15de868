using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Groups;

/// <summary>
/// The records of <c>__consumer_offsets</c>, in Kafka's own forms where Kafka has one (plain, big endian):
/// <code>
/// OffsetCommitKey  v1: int16 1 | string group | string topic | int32 partition
/// OffsetCommitValue v3: int16 3 | int64 offset | int32 leaderEpoch | string metadata | int64 commitTimestamp
/// OffsetCommitValue v1: int16 1 | int64 offset | string metadata | int64 commitTimestamp | int64 expireTimestamp
/// GroupMetadataKey v2: int16 2 | string group
/// GroupMetadataValue v3: int16 3 | string protocolType | int32 generation | string? protocol | string? leader
///     | int64 currentStateTimestamp | array { string memberId | string? groupInstanceId | string clientId
///     | string clientHost | int32 rebalanceTimeout | int32 sessionTimeout | bytes subscription | bytes assignment }
/// PendingOffsetKey (ours): int16 1001 | int64 producerId | string group | string topic | int32 partition
/// PendingOffsetValue: as OffsetCommitValue v3
/// </code>
/// A missing value deletes. Kafka marks offsets of an open transaction by a transactional batch; here they have a key of their
/// own, so that the outcome is one batch (the commits, and a tombstone for each pending offset) that compaction cannot split.
/// Source: group-coordinator message definitions of Apache Kafka 4.0.
/// </summary>
internal static class GroupRecords
{
    public const short OffsetKeyVersion = 1;
    public const short GroupKeyVersion = 2;
    public const short PendingOffsetKeyVersion = 1001;

    private const short OffsetValueWithExpiryVersion = 1;
    private const short OffsetValueVersion = 3;
    private const short GroupValueVersion = 3;
    private const int MemberBytesMin = 2 + 2 + 2 + 2 + 4 + 4 + 4 + 4;

    public static byte[] GroupKey(string groupId) => Write(writer =>
    {
        writer.WriteInt16(GroupKeyVersion);
        writer.WriteString(groupId);
    });

    public static byte[] GroupValue(Group group) => Write(writer =>
    {
        writer.WriteInt16(GroupValueVersion);
        writer.WriteString(group.ProtocolType ?? "");
        writer.WriteInt32(group.Generation);
        writer.WriteNullableString(group.ProtocolName);
        writer.WriteNullableString(group.LeaderId);
        writer.WriteInt64(group.StateSinceMs);
        writer.WriteArrayLength(group.Members.Count);
        foreach (GroupMember member in group.Members)
        {
            writer.WriteString(member.MemberId);
            writer.WriteNullableString(member.InstanceId);
            writer.WriteString(member.ClientId);
            writer.WriteString(member.ClientHost);
            writer.WriteInt32(member.RebalanceTimeoutMs);
            writer.WriteInt32(member.SessionTimeoutMs);
            writer.WriteBytes(member.MetadataFor(group.ProtocolName));
            writer.WriteBytes(member.Assignment);
        }
    });

    public static byte[] OffsetKey(in OffsetId id)
    {
        OffsetId copy = id;
        return Write(writer =>
        {
            writer.WriteInt16(OffsetKeyVersion);
            WriteOffsetId(writer, copy);
        });
    }

    public static byte[] PendingOffsetKey(long producerId, in OffsetId id)
    {
        OffsetId copy = id;
        return Write(writer =>
        {
            writer.WriteInt16(PendingOffsetKeyVersion);
            writer.WriteInt64(producerId);
            WriteOffsetId(writer, copy);
        });
    }

    public static byte[] OffsetValue(CommittedOffset offset) => Write(writer =>
    {
        bool hasExpiry = offset.ExpireTimestampMs is not null;
        writer.WriteInt16(hasExpiry ? OffsetValueWithExpiryVersion : OffsetValueVersion);
        writer.WriteInt64(offset.Offset);
        if (!hasExpiry)
        {
            writer.WriteInt32(offset.LeaderEpoch);
        }

        writer.WriteString(offset.Metadata);
        writer.WriteInt64(offset.CommitTimestampMs);
        if (offset.ExpireTimestampMs is { } expireTimestampMs)
        {
            writer.WriteInt64(expireTimestampMs);
        }
    });

    /// <summary>The number that says what a key is; the reader goes on behind it.</summary>
    public static short ReadKeyVersion(ref KafkaReader key) => key.ReadInt16();

    public static OffsetId ReadOffsetId(ref KafkaReader key) =>
        new(key.ReadString(), new(key.ReadString(), key.ReadInt32()));

    public static CommittedOffset ReadOffsetValue(ReadOnlySpan<byte> value, long recordOffset)
    {
        var reader = new KafkaReader(value, isFlexible: false);
        short version = reader.ReadInt16();
        long offset = reader.ReadInt64();
        int leaderEpoch = version >= OffsetValueVersion ? reader.ReadInt32() : -1;
        string metadata = reader.ReadString();
        long committedMs = reader.ReadInt64();
        long? expireMs = version == OffsetValueWithExpiryVersion ? reader.ReadInt64() : null;
        return new CommittedOffset(offset, leaderEpoch, metadata, committedMs)
        {
            ExpireTimestampMs = expireMs is -1 ? null : expireMs, RecordOffset = recordOffset,
        };
    }

    public static Group ReadGroup(string groupId, ReadOnlySpan<byte> value, long nowMs)
    {
        var reader = new KafkaReader(value, isFlexible: false);
        short version = reader.ReadInt16();
        if (version != GroupValueVersion)
        {
            throw reader.Malformed($"group metadata of version {GroupValueVersion}, found {version}");
        }

        string protocolType = reader.ReadString();
        int generation = reader.ReadInt32();
        string? protocol = reader.ReadNullableString();
        string? leader = reader.ReadNullableString();
        long sinceMs = reader.ReadInt64();
        List<GroupMember> members = [];
        for (int left = reader.ReadArrayLengthOrEmpty(MemberBytesMin); left > 0; left--)
        {
            members.Add(ReadMember(ref reader, protocolType, protocol ?? ""));
        }

        var group = new Group(groupId, nowMs);
        group.Restore(generation, protocolType, protocol, leader, members, sinceMs);
        return group;
    }

    private static GroupMember ReadMember(ref KafkaReader reader, string protocolType, string protocol) => new()
    {
        ProtocolType = protocolType, MemberId = reader.ReadString(), InstanceId = reader.ReadNullableString(),
        ClientId = reader.ReadString(), ClientHost = reader.ReadString(), RebalanceTimeoutMs = reader.ReadInt32(),
        SessionTimeoutMs = reader.ReadInt32(), Protocols = [new GroupProtocol(protocol, reader.ReadBytes().ToArray())],
        Assignment = reader.ReadBytes().ToArray(),
    };

    private static void WriteOffsetId(KafkaWriter writer, in OffsetId id)
    {
        writer.WriteString(id.GroupId);
        writer.WriteString(id.Partition.Topic);
        writer.WriteInt32(id.Partition.Partition);
    }

    private static byte[] Write(Action<KafkaWriter> write)
    {
        using var writer = new KafkaWriter(isFlexible: false);
        write(writer);
        return writer.Written.ToArray();
    }
}

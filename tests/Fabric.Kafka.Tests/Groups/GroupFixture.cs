using Fabric.Core;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;
using Fabric.Testing;

namespace Fabric.Kafka.Tests.Groups;

/// <summary>A group coordinator on a fake broker, and short ways to say what a client says.</summary>
internal sealed class GroupFixture : IDisposable
{
    public const string GroupId = "plant";
    public const int SessionMs = 10_000;
    public const int RebalanceMs = 60_000;

    private readonly TempFolder _folder = new();
    private readonly GroupOptions _options;

    public GroupFixture(GroupOptions? options = null, int seed = 0)
    {
        _options = options ?? new GroupOptions();
        Broker = new FakeBroker(_folder.Path, seed);
        Broker.AddTopic("raw", 4);
        Groups = new GroupCoordinator(Broker, _options);
        Groups.Load();
    }

    public FakeBroker Broker { get; private set; }

    public GroupCoordinator Groups { get; private set; }

    public Group Group => Groups.Find(GroupId) ?? throw new InvalidOperationException("There is no group yet");

    public static byte[] Metadata(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    public static string Text(byte[] bytes) => System.Text.Encoding.UTF8.GetString(bytes);

    public Reply<JoinReply> Join(
        string memberId = "", string? instance = null, string metadata = "m", string protocol = "range", bool requiresId = false,
        bool knowsSkip = false, string type = "consumer", int sessionMs = SessionMs, string group = GroupId, string client = "c")
    {
        var reply = new Reply<JoinReply>();
        GroupProtocol[] protocols = [.. protocol.Split(',').Select(name => new GroupProtocol(name, Metadata(metadata)))];
        Groups.Join(new JoinRequest(group, memberId, type, protocols)
        {
            InstanceId = instance, ClientId = client, ClientHost = "/127.0.0.1", SessionTimeoutMs = sessionMs,
            RebalanceTimeoutMs = RebalanceMs, RequiresMemberId = requiresId, KnowsSkipAssignment = knowsSkip,
        }, reply.Set);
        return reply;
    }

    public Reply<SyncReply> Sync(JoinReply joined, params (string MemberId, string Assignment)[] assignments) =>
        Sync(joined.MemberId, joined.Generation, instance: null, assignments);

    public Reply<SyncReply> Sync(
        string memberId, int generation, string? instance, params (string MemberId, string Assignment)[] assignments)
    {
        var reply = new Reply<SyncReply>();
        Groups.Sync(new SyncRequest(GroupId, generation, memberId)
        {
            InstanceId = instance, Assignments = assignments.ToDictionary(each => each.MemberId, each => Metadata(each.Assignment)),
        }, reply.Set);
        return reply;
    }

    public ErrorCode Heartbeat(string memberId, int generation, string? instance = null) =>
        Groups.Heartbeat(new MemberIdentity(GroupId, generation, memberId, instance));

    public ErrorCode Leave(string memberId, string? instance = null) =>
        Groups.Leave(GroupId, [new LeavingMember(memberId, instance)]).Members[0];

    /// <summary>Commits one offset of raw-0 and waits for the answer.</summary>
    public ErrorCode Commit(long offset, string memberId = "", int generation = -1, string? instance = null, int partition = 0)
    {
        ErrorCode admitted = Groups.AdmitCommit(new MemberIdentity(GroupId, generation, memberId, instance), isTransactional: false);
        if (admitted != ErrorCode.None)
        {
            return admitted;
        }

        var reply = new Reply<ErrorCode>();
        Groups.Commit(GroupId, [new OffsetToCommit(new TopicPartition("raw", partition), offset, 0, "")], null, reply.Set);
        Broker.Settle();
        return reply.Value;
    }

    public long? Committed(int partition = 0) => Groups.Offsets.Find(GroupId, new TopicPartition("raw", partition))?.Offset;

    /// <summary>One member, joined and assigned.</summary>
    public JoinReply Alone(string? instance = null, string metadata = "m", bool knowsSkip = false)
    {
        Reply<JoinReply> joined = Join(instance: instance, metadata: metadata, knowsSkip: knowsSkip);
        Sync(joined.Value.MemberId, joined.Value.Generation, instance, (joined.Value.MemberId, "all"));
        Broker.Settle();
        return joined.Value;
    }

    /// <summary>Two members, joined and assigned "a" and "b"; the first leads.</summary>
    public (JoinReply Leader, JoinReply Follower) Pair()
    {
        JoinReply first = Alone();
        Reply<JoinReply> second = Join();
        Reply<JoinReply> again = Join(first.MemberId);
        Sync(second.Value);
        Sync(again.Value, (first.MemberId, "a"), (second.Value.MemberId, "b"));
        Broker.Settle();
        return (again.Value, second.Value);
    }

    public void Kill()
    {
        Broker = Broker.Kill();
        Reload();
    }

    public void CutPower()
    {
        Broker = Broker.CutPower();
        Reload();
    }

    public void Dispose()
    {
        Broker.Dispose();
        _folder.Dispose();
    }

    private void Reload()
    {
        Groups = new GroupCoordinator(Broker, _options);
        Groups.Load();
    }
}

/// <summary>An answer that may come later; giving it twice is an error of whoever answers.</summary>
internal sealed class Reply<T>
{
    private T? _value;

    public bool IsGiven { get; private set; }

    public T Value => IsGiven ? _value! : throw new InvalidOperationException("There is no answer yet");

    public void Set(T value)
    {
        Assert.False(IsGiven, "answered twice");
        _value = value;
        IsGiven = true;
    }
}

using Fabric.Core;
using Fabric.Kafka.Groups;
using Fabric.Kafka.Protocol;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Kafka.Tests.Groups;

/// <summary>
/// Members of one group that join, sync, heartbeat, commit, fall silent, leave, restart and are taken over, on a broker that
/// crashes, in random order. Whatever they do:
/// (1) once a generation has been handed out, no commit of an older one is accepted; (2) two members never hold one partition in the
/// same generation; (3) what a member is given is what its leader gave it; (4) a confirmed commit is there after every crash;
/// (5) once a newer
/// member of a static instance has been given its assignment, the older ones are shut out.
/// </summary>
public sealed class GroupModelTests(ITestOutputHelper output)
{
    private const int Runs = 60;
    private const int StepsPerRun = 400;

    [Fact]
    public void Members_in_any_order_never_break_the_invariants()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var counts = new SortedDictionary<string, int>();
        for (int run = 0; run < Runs; run++)
        {
            using var simulation = new GroupSimulation(unchecked(seed + run), counts);
            for (int step = 0; step < StepsPerRun; step++)
            {
                simulation.Step();
            }
        }

        output.WriteLine(string.Join(", ", counts.Select(count => $"{count.Key} {count.Value}")));
        Assert.True(counts["commit None"] > 500, "too few commits were accepted to prove anything");
        int refused = counts["commit IllegalGeneration"] + counts["commit UnknownMemberId"] + counts["commit FencedInstanceId"];
        Assert.True(refused > 300, "too few stale commits were tried to prove anything");
        Assert.True(counts["stable"] > 300, "too few generations became stable to prove anything");
    }

    private sealed class Client
    {
        public required int Number { get; init; }

        public required string? Instance { get; init; }

        public string MemberId { get; set; } = "";

        public int Generation { get; set; } = -1;

        public string Assignment { get; set; } = "";

        public Reply<JoinReply>? Joining { get; set; }

        /// <summary>The answer to the last join; null when there is no standing in the group.</summary>
        public JoinReply? Joined { get; set; }

        public Reply<SyncReply>? Syncing { get; set; }

        /// <summary>Runs of the process behind it: what an earlier one still says is a zombie's.</summary>
        public int Life { get; set; }
    }

    private sealed record Former(string MemberId, int Generation, string? Instance, int Life);

    private sealed class GroupSimulation(int seed, SortedDictionary<string, int> counts) : IDisposable
    {
        private readonly GroupFixture _fixture = new(seed: seed);
        private readonly Random _random = new(seed);
        private readonly List<Client> _clients = [.. Enumerable.Range(0, 5).Select(number =>
            new Client { Number = number, Instance = number < 2 ? $"i{number}" : null })];
        private readonly List<Former> _former = [];
        private readonly Dictionary<string, int> _newestAssigned = [];
        private readonly Dictionary<(int Generation, string MemberId), string> _given = [];
        private readonly Dictionary<int, HashSet<string>> _held = [];
        private readonly Dictionary<int, long> _confirmed = [];
        private readonly List<(int Partition, long Offset, Reply<ErrorCode> Reply)> _committing = [];
        private int _handedOut;
        private long _nextOffset;

        public void Step()
        {
            Client client = _clients[_random.Next(_clients.Count)];
            switch (_random.Next(1000))
            {
                case < 380:
                    Proceed(client);
                    break;
                case < 520:
                    Commit(client.MemberId, client.Generation, client.Instance, client.Life);
                    break;
                case < 600 when _former.Count > 0:
                    Former former = _former[_random.Next(_former.Count)];
                    Commit(former.MemberId, former.Generation, former.Instance, former.Life);
                    break;
                case < 680:
                    Heartbeat(client);
                    break;
                case < 720:
                    _fixture.Broker.Advance(_random.Next(1, 8_000));
                    break;
                case < 745:
                    Restart(client);
                    break;
                case < 760 when client.MemberId.Length > 0:
                    Count($"leave {_fixture.Leave(client.MemberId, client.Instance)}");
                    Forget(client);
                    break;
                case < 766:
                    Crash();
                    break;
                case < 772:
                    FailFlush();
                    break;
                default:
                    _fixture.Broker.Flush();
                    break;
            }

            Collect();
        }

        public void Dispose() => _fixture.Dispose();

        /// <summary>What a well-behaved client does next: join, then sync, then nothing.</summary>
        private void Proceed(Client client)
        {
            if (client.Joining is not null || client.Syncing is not null)
            {
                return;
            }

            if (client.Joined is null || _random.Next(40) == 0)
            {
                client.Joining = _fixture.Join(
                    client.MemberId, client.Instance, metadata: $"m{_random.Next(3)}", requiresId: true,
                    knowsSkip: client.Number == 0, sessionMs: 6_000 + _random.Next(6_000), client: $"c{client.Number}");
            }
            else if (!_given.ContainsKey((client.Generation, client.Instance ?? client.MemberId)) || _random.Next(8) == 0)
            {
                client.Syncing = _fixture.Sync(client.MemberId, client.Generation, client.Instance, Assign(client.Joined));
            }
        }

        /// <summary>The leader deals four partitions out, and remembers what it gave.</summary>
        private (string MemberId, string Assignment)[] Assign(JoinReply joined)
        {
            if (joined.LeaderId != joined.MemberId || joined.Members.Count == 0 || joined.SkipAssignment)
            {
                return [];
            }

            string[] dealt = new string[joined.Members.Count];
            Array.Fill(dealt, "");
            for (int partition = 0; partition < 4; partition++)
            {
                dealt[_random.Next(dealt.Length)] += partition;
            }

            return [.. joined.Members.Select((member, i) => (member.MemberId, dealt[i]))];
        }

        private void Commit(string memberId, int generation, string? instance, int life)
        {
            if (generation < 0)
            {
                return;
            }

            bool isTransactional = _random.Next(3) == 0;
            ErrorCode error = _fixture.Groups.AdmitCommit(
                new MemberIdentity(GroupFixture.GroupId, generation, memberId, instance), isTransactional);
            Count($"commit {error}");
            if (error != ErrorCode.None)
            {
                return;
            }

            Assert.True(generation >= _handedOut, $"generation {generation} commits after {_handedOut} was handed out");
            Assert.True(
                instance is null || life >= _newestAssigned.GetValueOrDefault(instance),
                $"life {life} of {instance} commits after life {_newestAssigned.GetValueOrDefault(instance ?? "")} was assigned");
            int partition = _random.Next(4);
            var reply = new Reply<ErrorCode>();
            long offset = ++_nextOffset;
            _fixture.Groups.Commit(
                GroupFixture.GroupId, [new OffsetToCommit(new TopicPartition("raw", partition), offset, 0, "")], null, reply.Set);
            _committing.Add((partition, offset, reply));
        }

        private void Heartbeat(Client client)
        {
            if (client.Generation < 0)
            {
                return;
            }

            ErrorCode error = _fixture.Heartbeat(client.MemberId, client.Generation, client.Instance);
            Count($"heartbeat {error}");
            if (error is ErrorCode.UnknownMemberId or ErrorCode.FencedInstanceId)
            {
                Forget(client);
            }
            else if (error != ErrorCode.None)
            {
                client.Joined = null;
            }
        }

        /// <summary>The process ends without a word and a new one starts; a static one is the same instance.</summary>
        private void Restart(Client client)
        {
            if (client.Generation >= 0)
            {
                _former.Add(new Former(client.MemberId, client.Generation, client.Instance, client.Life));
            }

            Forget(client);
            client.Life++;
            if (client.Instance is not null)
            {
                client.Joining = _fixture.Join(
                    "", client.Instance, requiresId: true, knowsSkip: client.Number == 0, client: $"c{client.Number}");
            }
        }

        private void Crash()
        {
            if (_random.Next(2) == 0)
            {
                _fixture.Kill();
            }
            else
            {
                _fixture.CutPower();
            }

            Count("crash");
            _committing.Clear();
            foreach (Client client in _clients)
            {
                client.Joining = null;
                client.Syncing = null;
            }

            foreach ((int partition, long offset) in _confirmed)
            {
                Assert.True(_fixture.Committed(partition) >= offset, $"confirmed offset {offset} of partition {partition} is lost");
            }
        }

        private void FailFlush()
        {
            _fixture.Broker.FailFlush();
            Count("failed flush");
        }

        /// <summary>Takes the answers that have come.</summary>
        private void Collect()
        {
            foreach (Client client in _clients)
            {
                CollectJoin(client);
                CollectSync(client);
            }

            foreach ((int partition, long offset, Reply<ErrorCode> reply) in _committing.Where(commit => commit.Reply.IsGiven))
            {
                if (reply.Value == ErrorCode.None)
                {
                    _confirmed[partition] = Math.Max(_confirmed.GetValueOrDefault(partition), offset);
                }
            }

            _committing.RemoveAll(commit => commit.Reply.IsGiven);
        }

        private void CollectJoin(Client client)
        {
            if (client.Joining is not { IsGiven: true } joining)
            {
                return;
            }

            JoinReply reply = joining.Value;
            client.Joining = null;
            Count($"join {reply.Error}");
            if (reply.Error == ErrorCode.None)
            {
                client.MemberId = reply.MemberId;
                client.Generation = reply.Generation;
                client.Joined = reply;
                return;
            }

            Forget(client);
            client.MemberId = reply.Error == ErrorCode.MemberIdRequired ? reply.MemberId : "";
        }

        private void CollectSync(Client client)
        {
            if (client.Syncing is not { IsGiven: true } synced)
            {
                return;
            }

            client.Syncing = null;
            Count($"sync {synced.Value.Error}");
            if (synced.Value.Error != ErrorCode.None)
            {
                client.Joined = null;
                if (synced.Value.Error is ErrorCode.UnknownMemberId or ErrorCode.FencedInstanceId)
                {
                    Forget(client);
                }

                return;
            }

            client.Assignment = GroupFixture.Text(synced.Value.Assignment);
            _handedOut = Math.Max(_handedOut, client.Generation);
            if (client.Instance is not null)
            {
                _newestAssigned[client.Instance] = client.Life;
            }

            CheckAssignment(client);
        }

        private void CheckAssignment(Client client)
        {
            (int Generation, string Who) key = (client.Generation, client.Instance ?? client.MemberId);
            if (_given.TryGetValue(key, out string? before))
            {
                Assert.Equal(before, client.Assignment);
                return;
            }

            Count("stable");
            _given.Add(key, client.Assignment);
            if (!_held.TryGetValue(client.Generation, out HashSet<string>? held))
            {
                _held.Add(client.Generation, held = []);
            }

            foreach (char partition in client.Assignment)
            {
                Assert.True(held.Add(partition.ToString()), $"partition {partition} is held twice in generation {client.Generation}");
            }
        }

        private static void Forget(Client client)
        {
            client.MemberId = "";
            client.Generation = -1;
            client.Joined = null;
            client.Joining = null;
            client.Syncing = null;
        }

        private void Count(string what) => counts[what] = counts.GetValueOrDefault(what) + 1;
    }
}

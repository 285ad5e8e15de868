using Fabric.Kafka.Protocol;
using Fabric.Kafka.Tests.Groups;
using Fabric.Kafka.Transactions;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Kafka.Tests.Transactions;

/// <summary>
/// Producers that begin, write, add offsets, end, end again late, time out and are taken over, on a broker that crashes and
/// whose disk fails, in random order. When the dust has settled:
/// (1) of every transaction either all records and offsets count, or none; (2) what was confirmed committed counts, what was
/// confirmed aborted does not; (3) a producer that was taken over changes nothing any more; (4) nothing hangs: no open
/// transaction, no unstable offset.
/// </summary>
public sealed class TransactionModelTests(ITestOutputHelper output)
{
    private const int Runs = 40;
    private const int StepsPerRun = 500;

    [Fact]
    public void Producers_in_any_order_never_leave_half_a_transaction()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var counts = new SortedDictionary<string, int>();
        for (int run = 0; run < Runs; run++)
        {
            using var simulation = new TransactionSimulation(unchecked(seed + run), counts);
            for (int step = 0; step < StepsPerRun; step++)
            {
                simulation.Step();
            }

            simulation.Finish();
        }

        output.WriteLine(string.Join(", ", counts.Select(count => $"{count.Key} {count.Value}")));
        Assert.True(counts["committed"] > 200, "too few transactions were committed to prove anything");
        Assert.True(counts["aborted"] > 100, "too few transactions were aborted to prove anything");
        Assert.True(counts["crash"] > 50, "too few crashes to prove anything");
    }
}

/// <summary>What one transaction wrote, and what its producer was told of its end.</summary>
internal sealed class ModelTransaction
{
    public required int Number { get; init; }

    public required string Id { get; init; }

    /// <summary>Records whose append succeeded: value and partition.</summary>
    public List<(string Value, int Partition)> Records { get; } = [];

    /// <summary>The offset it commits for the id's own input partition; null when it commits none or was not told so.</summary>
    public long? Offset { get; set; }

    /// <summary>Something it wrote was refused or not confirmed: a client aborts then.</summary>
    public bool HasDoubt { get; set; }

    public bool? Told { get; set; }

    public bool WasAskedToCommit { get; set; }
}

/// <summary>One producer process: an id may have several, of which only the last is legitimate.</summary>
internal sealed class ModelProducer
{
    public required int IdNumber { get; init; }

    public ProducerIdReply Producer { get; set; }

    public bool IsReady { get; set; }

    public bool IsDead { get; set; }

    public Reply<ProducerIdReply>? Initializing { get; set; }

    public Reply<ErrorCode>? Waiting { get; set; }

    public Action<ErrorCode>? WhenAnswered { get; set; }

    public ModelTransaction? Open { get; set; }

    public HashSet<int> Added { get; } = [];

    public bool HasOffsets { get; set; }

    public Dictionary<int, int> Sequences { get; } = [];
}

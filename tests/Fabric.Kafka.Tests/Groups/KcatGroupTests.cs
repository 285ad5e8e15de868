using System.Diagnostics;
using Fabric.Kafka.Clients;
using Fabric.Kafka.Tests.Broker;
using Fabric.Kafka.Tests.Clients;
using Fabric.Testing;

namespace Fabric.Kafka.Tests.Groups;

/// <summary>kcat's balanced consumers (eager, dynamic members): partitions move when one comes and when one goes.</summary>
public sealed class KcatGroupTests
{
    private const int Partitions = 4;

    [SkippableFact]
    public async Task Kcat_members_share_the_partitions_and_take_over_from_each_other()
    {
        Judge kcat = Judge.Program("kcat");
        Skip.IfNot(kcat.IsPresent, kcat.Absent);
        await using BrokerFixture broker = await BrokerFixture.StartAsync(options => options with { DefaultPartitions = Partitions });
        using ITransactionalProducer source = ClientFixture.Clients(broker.Bootstrap).OpenProducer("source");
        source.InitTransactions(ClientFixture.Bound);
        Send(source, 0);

        using var first = new Member(kcat, broker.Bootstrap);
        await first.WaitAsync(() => first.Values.Count == 100);
        using var second = new Member(kcat, broker.Bootstrap);
        await second.WaitAsync(() => second.HasPartitions(2) && first.HasPartitions(2));
        Send(source, 100);
        await first.WaitAsync(() => first.Values.Count + second.Values.Count == 200);
        Assert.Equal(50, second.Values.Count);
        second.End();
        await first.WaitAsync(() => first.HasPartitions(Partitions));
        Send(source, 200);
        await first.WaitAsync(() => first.Values.Count + second.Values.Count == 300);

        Assert.Equal(Enumerable.Range(0, 300).Select(number => $"{number}").Order(), first.Values.Concat(second.Values).Order());
    }

    private static void Send(ITransactionalProducer source, int first)
    {
        source.Begin();
        for (int number = first; number < first + 100; number++)
        {
            source.ProduceText("shared", number % Partitions, null, $"{number}");
        }

        source.Commit(ClientFixture.Bound);
    }

    /// <summary>One kcat process; its records come on one stream, the news of its group on the other.</summary>
    private sealed class Member : IDisposable
    {
        private readonly Process _process;
        private readonly SemaphoreSlim _news = new(0);
        private string _assigned = "";

        public Member(Judge kcat, string bootstrap)
        {
            _process = kcat.Start(
                "-b", bootstrap, "-G", "kcats", "-u", "-X", "auto.offset.reset=earliest", "-X", "session.timeout.ms=6000", "-X",
                "auto.commit.interval.ms=100", "-f", "%s\n", "shared");
            _process.OutputDataReceived += (_, line) => Take(line.Data, value => Values.Add(value));
            _process.ErrorDataReceived += (_, line) => Take(line.Data, news =>
            {
                if (news.Contains("assigned:", StringComparison.Ordinal))
                {
                    _assigned = news;
                }
            });
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
        }

        public List<string> Values { get; } = [];

        public bool HasPartitions(int count) => _assigned.Split("shared [").Length - 1 == count;

        public async Task WaitAsync(Func<bool> isDone)
        {
            using var bound = new CancellationTokenSource(ClientFixture.Bound);
            while (!isDone())
            {
                // The other member's news count too: look again after a while.
                await _news.WaitAsync(TimeSpan.FromMilliseconds(50), bound.Token);
                bound.Token.ThrowIfCancellationRequested();
            }
        }

        /// <summary>Ends it as a user does, so that it commits and leaves.</summary>
        public void End()
        {
            using (Process signal = Process.Start("kill", ["-TERM", $"{_process.Id}"]))
            {
                signal.WaitForExit();
            }

            Assert.True(_process.WaitForExit(ClientFixture.Bound), "kcat does not end");
        }

        public void Dispose()
        {
            if (!_process.HasExited)
            {
                _process.Kill();
                _process.WaitForExit();
            }

            _process.Dispose();
            _news.Dispose();
        }

        private void Take(string? line, Action<string> take)
        {
            if (line is not null)
            {
                take(line);
                _news.Release();
            }
        }
    }
}

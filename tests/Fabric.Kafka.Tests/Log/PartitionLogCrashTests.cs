using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Kafka.Tests.Log;

/// <summary>
/// T-04: the process is killed, or the power goes, before any operation on the disk. What was durable is there, what is there
/// was appended, and the log goes on.
/// </summary>
public sealed class PartitionLogCrashTests(ITestOutputHelper output)
{
    private const int PowerCutsPerOperation = 3;

    private static readonly int Traces = int.TryParse(Environment.GetEnvironmentVariable("FABRIC_TEST_TRACES"), out int traces)
        ? traces
        : 6;

    [Theory]
    [InlineData(null)]
    [InlineData(1300)] // producers of a deleted segment were forgotten
    [InlineData(11174)] // an emptied tail was taken for the leftover of a failed roll
    public void Open_afterACrashAnywhere_hasWhatWasDurable(int? fixedSeed)
    {
        int seed = fixedSeed ?? Seed.Next();
        output.WriteLine($"seed {seed}");
        int images = 0;
        for (int trace = 0; trace < Traces; trace++)
        {
            images += new Trace(new Random(seed + trace), isCompacted: false).Run();
        }

        output.WriteLine($"{Traces} traces, {images} crashes");
    }

    [Theory]
    [InlineData(null)]
    [InlineData(11137)] // an emptied tail was taken for the leftover of a failed roll
    public void Open_afterACrashDuringCompaction_hasTheLastOfEveryKey(int? fixedSeed)
    {
        int seed = fixedSeed ?? Seed.Next();
        output.WriteLine($"seed {seed}");
        int images = 0;
        for (int trace = 0; trace < Traces; trace++)
        {
            images += new Trace(new Random(seed + trace), isCompacted: true).Run();
        }

        output.WriteLine($"{Traces} traces, {images} crashes");
    }

    private sealed class Trace
    {
        private readonly Random _random;
        private readonly bool _isCompacted;
        private readonly MemoryLogFiles _files = new();
        private readonly LogDriver _driver;
        private readonly List<long> _starts = [];
        private int _images;

        public Trace(Random random, bool isCompacted)
        {
            _random = random;
            _isCompacted = isCompacted;
            _driver = new LogDriver(random, _files, new LogConfig
            {
                SegmentBytes = 1500 + random.Next(1500),
                IndexIntervalBytes = 200,
                RetentionMs = -1,
                RetentionBytes = isCompacted ? -1 : 6000,
                CleanupPolicy = isCompacted ? CleanupPolicy.Compact : CleanupPolicy.Delete,
                MinCleanableDirtyRatio = 0.1,
                DeleteRetentionMs = 20_000,
            });
        }

        public int Run()
        {
            _driver.Start();
            _files.Before = (_, _) => Crash();
            for (int step = 0; step < 90; step++)
            {
                long start = _driver.Log.StartOffset;
                _starts.Clear();
                Step();
                Assert.All(_starts, found => Assert.InRange(found, start, _driver.Log.StartOffset));
            }

            _files.Before = null;
            _driver.MakeDurable();
            _driver.Restart();
            Check(_driver.Log);
            return _images;
        }

        private void Step()
        {
            switch (_random.Next(14))
            {
                case 0 or 1 or 2:
                    _driver.MakeDurable();
                    break;
                case 3 when _isCompacted:
                    _driver.Clock.Advance(TimeSpan.FromSeconds(_random.Next(30)));
                    _driver.MakeDurable();
                    _driver.Log.Compact(_driver.NowMs);
                    break;
                case 3:
                    _driver.Log.ApplyRetention(_driver.NowMs);
                    break;
                case 4 when !_isCompacted && _random.Next(3) == 0:
                    long span = _driver.Log.DurableOffset - _driver.Log.StartOffset;
                    _driver.Log.DeleteRecordsBefore(_driver.Log.StartOffset + _random.NextInt64(span + 1));
                    break;
                default:
                    Assert.Equal(ErrorCode.None, _driver.AppendRandom());
                    break;
            }
        }

        private void Crash()
        {
            Restart(_files.AfterKill(), isPowerCut: false);
            for (int i = 0; i < PowerCutsPerOperation; i++)
            {
                Restart(_files.AfterPowerCut(_random), isPowerCut: true);
            }
        }

        private void Restart(MemoryLogFiles image, bool isPowerCut)
        {
            _images++;
            long durable = _driver.Log.DurableOffset;
            using PartitionLog log = _driver.Open(image);
            Assert.InRange(log.EndOffset, isPowerCut ? durable : _driver.Model.EndOffset, _driver.Model.EndOffset);
            Assert.Equal(log.EndOffset, log.DurableOffset);
            _starts.Add(log.StartOffset);
            Check(log);
            long end = log.EndOffset;
            Assert.Equal(end, log.Append(TestBatches.Plain(), _driver.NowMs).BaseOffset);
        }

        private void Check(PartitionLog log)
        {
            var model = new LogModel();
            model.Batches.AddRange(_driver.Model.Batches);
            model.CutTo(log.EndOffset);
            if (_isCompacted)
            {
                CompactionOracle.AssertSound(model, log);
            }
            else
            {
                model.AssertMatches(log);
                model.AssertKnowsProducers(log, _driver.NowMs);
            }
        }
    }
}

using Fabric.Streams.Testing;

namespace Fabric.Streams.Bench;

/// <summary>Goal 2e: read-modify-write of 1 M keys in a state store against a plain dictionary loop.</summary>
internal static class StateAccess
{
    private const int Keys = 1_000_000;
    private const int Steps = 5_000_000;

    public static int Run()
    {
        int[] order = new int[Steps];
        var random = new Random(1);
        for (int i = 0; i < Steps; i++)
        {
            order[i] = random.Next(Keys);
        }

        var builder = new StreamBuilder();
        builder.AddStateStore(StateStores.InMemoryKeyValue("sums", Serdes.Int, Serdes.Long, isLogged: false));
        var stepper = new Stepper(order);
        builder.Stream<int, long>("in").Process(() => stepper, ["sums"]);
        using var driver = new TopologyTestDriver(builder.Build());
        TestInputTopic<int, long> input = driver.CreateInputTopic<int, long>("in");
        var plain = new Dictionary<int, long>();
        for (int round = 0; round < 6; round++)
        {
            long startedAt = TimeProvider.System.GetTimestamp();
            foreach (int key in order)
            {
                plain.TryGetValue(key, out long sum);
                plain[key] = sum + 1;
            }

            double plainNs = Figures.ElapsedMs(startedAt) * 1e6 / Steps;
            input.PipeInput(0, 0L);
            Console.WriteLine($"dictionary {plainNs:F0} ns, store {stepper.Nanoseconds:F0} ns, ratio {stepper.Nanoseconds / plainNs:F2}{(round == 0 ? " (warm-up)" : "")}");
        }

        return 0;
    }

    /// <summary>One record in runs all the steps, so that the cost of a record stays out.</summary>
    private sealed class Stepper(int[] order) : IProcessor<int, long, int, long>
    {
        private IKeyValueStore<int, long> _sums = null!;

        public double Nanoseconds { get; private set; }

        public void Init(IProcessorContext<int, long> context) => _sums = context.GetStateStore<IKeyValueStore<int, long>>("sums");

        public void Process(in Record<int, long> record)
        {
            long startedAt = TimeProvider.System.GetTimestamp();
            foreach (int key in order)
            {
                _sums.TryGet(key, out long sum);
                _sums.Put(key, sum + 1);
            }

            Nanoseconds = Figures.ElapsedMs(startedAt) * 1e6 / Steps;
        }
    }
}

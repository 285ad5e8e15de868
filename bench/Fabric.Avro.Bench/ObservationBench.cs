using Fabric.Avro;
using Fabric.Core.Columns;
using Fabric.Schemas;

namespace Fabric.Avro.Bench;

/// <summary>Our own raw record: many samples in one, double values mostly.</summary>
internal sealed class ObservationBench
{
    private const int Records = 50;
    private readonly Observation[] _observations;
    private readonly byte[][] _bodies;
    private readonly ColumnBatch _batch;
    private readonly ColumnDecoder _columns;
    private readonly AvroDecoder<Observation> _typed = new(_ => Observation.Schema);
    private readonly Observation _into = new();
    private readonly byte[] _target = new byte[1 << 16];

    public ObservationBench(int samples)
    {
        var random = new Random(7);
        _observations = [.. Enumerable.Range(0, Records).Select(i => Next(random, i, samples))];
        _bodies = [.. _observations.Select(o => AvroRecord.Encode(o))];
        ColumnMapping mapping = ColumnMapping.Infer(Observation.Schema, "samples", "_index");
        _batch = new ColumnBatch([.. mapping.Fields]);
        _columns = new ColumnDecoder(mapping, _batch, _ => Observation.Schema);
    }

    public void Columns()
    {
        _batch.Clear();
        foreach (byte[] body in _bodies)
        {
            _columns.Append(1, body);
        }
    }

    public void Reused()
    {
        foreach (byte[] body in _bodies)
        {
            _typed.Decode(1, body, _into);
        }
    }

    public void Encode()
    {
        foreach (Observation value in _observations)
        {
            var writer = new AvroWriter(_target.AsSpan());
            value.Write(ref writer);
        }
    }

    private static Observation Next(Random random, int i, int samples)
    {
        var observation = new Observation
        {
            Node = "edge-1", Source = "sensors", Device = $"press-{random.Next(1_400):D4}", Epoch = 1, Sequence = 100_000 + i,
            ReceivedAtMicros = 1_767_225_600_000_000 + (i * 1_000_000L),
        };
        for (int s = 0; s < samples; s++)
        {
            observation.Samples.Add(new Sample
            {
                Point = $"signal-{s:D2}", Value = Math.Round(random.NextDouble() * 100, 2), Type = "Double",
                ObservedAtMicros = 1_767_225_600_000_000 + (i * 1_000_000L) - random.Next(5_000), Clock = Clock.Device, Unit = "bar",
            });
        }

        return observation;
    }
}

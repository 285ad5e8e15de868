using System.Diagnostics;
using Fabric.Avro;
using Fabric.Core.Columns;
using Fabric.Schemas;

namespace Fabric.Avro.Bench;

/// <summary>The Avro goals 4a to 4f: CPU time per value, ours and avsc's in turns, medians of the ratios.</summary>
internal sealed class AvroBench
{
    private const int Values = 1_000;
    private const int Rounds = 9;
    private const int TurnsPerRound = 400;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);

    private const int SchemaId = 1;
    private const int EvolvedId = 2;
    private const int ObservationSamples = 20;

    private readonly Schema _schema;
    private readonly Schema _evolved;
    private readonly string _json;
    private readonly Event[] _events;
    private readonly byte[][] _bodies;
    private readonly byte[][] _framed;
    private readonly byte[][] _evolvedBodies;
    private readonly byte[] _target = new byte[1 << 16];
    private readonly ColumnBatch _batch;
    private readonly ColumnDecoder _columns;
    private readonly AvroDecoder<Event> _typed;
    private readonly Event _into = new();

    public AvroBench(string json)
    {
        _json = json;
        _schema = Event.Schema;
        _evolved = Schema.Parse(json.Replace("\"type\": \"long\" }", "\"type\": \"int\" }", StringComparison.Ordinal)
            .Replace("{ \"name\": \"alarm\"", "{ \"name\": \"batch\", \"type\": [\"null\", \"string\"] }, { \"name\": \"alarm\"", StringComparison.Ordinal));
        var random = new Random(20260101);
        _events = [.. Enumerable.Range(0, Values).Select(i => NextEvent(random, i))];
        _bodies = [.. _events.Select(e => AvroRecord.Encode(e))];
        _framed = [.. _bodies.Select(body => (byte[])[0, 0, 0, 0, SchemaId, .. body])];
        ValuePlan widen = ValuePlan.Compile(_schema, Schema.Parse(_evolved.ToJson().Replace("\"name\":\"sequence\",\"type\":\"int\"", "\"name\":\"sequence\",\"type\":\"long\"", StringComparison.Ordinal).Replace("[\"null\",\"string\"]}", "[\"null\",\"string\"],\"default\":null}", StringComparison.Ordinal)));
        _evolvedBodies = [.. _bodies.Select(body => EncodeEvolved((GenericRecord)GenericCodec.Decode(widen, body)!))];
        ColumnMapping mapping = ColumnMapping.Infer(_schema);
        _batch = new ColumnBatch([.. mapping.Fields]);
        _columns = new ColumnDecoder(mapping, _batch, SchemaById);
        _typed = new AvroDecoder<Event>(SchemaById);
    }

    public void Run()
    {
        Console.WriteLine($"{Values} events of {_bodies.Average(body => body.Length):F1} bytes; CPU ns per value; "
            + $"median of {Rounds} rounds after one discarded, [least most] of the ratio");
        using var peer = new AvscPeer(_json, _bodies);
        Compare("4a framed event -> columns / avsc fromBuffer", Columns, peer, "fromBuffer");
        Compare("4b event -> new object / avsc fromBuffer", Objects, peer, "fromBuffer");
        Compare("   event -> reused object / avsc fromBuffer", Reused, peer, "fromBuffer");
        Compare("4c event -> span / avsc encode", Encode, peer, "encode");
        Against("4e columns, evolved writer / same schema", EvolvedColumns, Columns);
        Against("4e reused object, evolved writer / same schema", EvolvedReused, Reused);
        Console.WriteLine($"4f allocated per value: columns {Allocated(Columns)} B, reused object {Allocated(Reused)} B, encode {Allocated(Encode)} B");
        var observation = new ObservationBench(ObservationSamples);
        Against($"Observation of {ObservationSamples} samples, per sample: columns / reused object",
            observation.Columns, observation.Reused);
        Against($"Observation of {ObservationSamples} samples, per sample: encode / reused object",
            observation.Encode, observation.Reused);
    }

    /// <summary>One operation over and over, for a profiler.</summary>
    public void Loop(string operation, TimeSpan time)
    {
        Action action = operation switch
        {
            "columns" => Columns,
            "encode" => Encode,
            "reused" => Reused,
            _ => Objects,
        };
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < time)
        {
            action();
        }
    }

    private static Event NextEvent(Random random, int i) => new()
    {
        Device = $"plant-07/press-{random.Next(1_400):D4}", Signal = random.Next(2) == 0 ? "pressure" : "vibration",
        AtMicros = 1_767_225_600_000_000 + (i * 1_000_000L) + random.Next(10_000), Sequence = 100_000 + i,
        Value = Math.Round(random.NextDouble() * 100, 2), Setpoint = 50, Quality = (EventQuality)random.Next(3),
        Status = random.Next(300), Alarm = random.Next(50) == 0,
    };

    private byte[] EncodeEvolved(GenericRecord record)
    {
        record["sequence"] = (int)(long)record["sequence"]!;
        return GenericCodec.Encode(_evolved, record);
    }

    private Schema SchemaById(int id) => id == EvolvedId ? _evolved : _schema;

    private void Columns()
    {
        _batch.Clear();
        foreach (byte[] value in _framed)
        {
            ConfluentFraming.TryRead(value, out int id, out ReadOnlySpan<byte> body);
            _columns.Append(id, body);
        }
    }

    private void EvolvedColumns()
    {
        _batch.Clear();
        foreach (byte[] body in _evolvedBodies)
        {
            _columns.Append(EvolvedId, body);
        }
    }

    private void Objects()
    {
        foreach (byte[] body in _bodies)
        {
            _typed.Decode(SchemaId, body);
        }
    }

    private void Reused()
    {
        foreach (byte[] body in _bodies)
        {
            _typed.Decode(SchemaId, body, _into);
        }
    }

    private void EvolvedReused()
    {
        foreach (byte[] body in _evolvedBodies)
        {
            _typed.Decode(EvolvedId, body, _into);
        }
    }

    private void Encode()
    {
        foreach (Event value in _events)
        {
            var writer = new AvroWriter(_target.AsSpan());
            value.Write(ref writer);
        }
    }

    private static void Compare(string name, Action ours, AvscPeer peer, string theirs) =>
        Report(name, () => Nanoseconds(ours, Values), () => peer.Measure(theirs, TurnsPerRound / 4), inverse: true);

    private static void Against(string name, Action ours, Action other) =>
        Report(name, () => Nanoseconds(ours, Values), () => Nanoseconds(other, Values), inverse: false);

    private static void Report(string name, Func<double> ours, Func<double> theirs, bool inverse)
    {
        var warm = Stopwatch.StartNew();
        while (warm.Elapsed < WarmUp)
        {
            ours();
            theirs();
        }

        var pairs = new List<(double Ours, double Theirs)>();
        for (int round = 0; round <= Rounds; round++)
        {
            (double, double) pair = (ours(), theirs());
            if (round > 0)
            {
                pairs.Add(pair);
            }
        }

        double[] ratios = [.. pairs.Select(p => inverse ? p.Theirs / p.Ours : p.Ours / p.Theirs).Order()];
        Console.WriteLine($"{name,-62}{Median(pairs.Select(p => p.Ours)),8:F1} /{Median(pairs.Select(p => p.Theirs)),8:F1}"
            + $"   {ratios[ratios.Length / 2]:F2}x  [{ratios[0]:F2} {ratios[^1]:F2}]");
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);

    private static double Nanoseconds(Action action, int values)
    {
        using var self = Process.GetCurrentProcess();
        TimeSpan before = self.TotalProcessorTime;
        for (int i = 0; i < TurnsPerRound; i++)
        {
            action();
        }

        self.Refresh();
        return (self.TotalProcessorTime - before).TotalNanoseconds / ((double)TurnsPerRound * values);
    }

    private static double Allocated(Action action)
    {
        action();
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Values;
    }
}

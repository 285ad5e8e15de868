using System.Diagnostics.Metrics;
using Fabric.Core;
using Fabric.Governance.Privacy;
using Fabric.Schemas;
using Fabric.Streams;
using BindingInterval = Fabric.Twins.BindingInterval;

namespace Fabric.Topologies.Contextualize;

/// <summary>
/// Puts each sample into the words of the model: which asset and signal its point fed at the time it was observed. One
/// observation becomes one record per asset it speaks of. Points nobody bound pass by; they stay in <c>raw</c>.
/// </summary>
/// <remarks>One per task; reuses its output records, which are encoded before <c>Forward</c> returns.</remarks>
internal sealed class Contextualizer(string twinsStore) : IProcessor<string, Observation, string, AssetObservation>
{
    private static readonly Meter Meter = new("Fabric.Topologies");

    private static readonly Counter<long> Mapped = Meter.CreateCounter<long>(
        "fabric.contextualize.samples", "{sample}", "Samples that were given an asset and a signal");

    private static readonly Counter<long> Unmapped = Meter.CreateCounter<long>(
        "fabric.contextualize.unmapped", "{sample}", "Samples of points that nobody had bound at that time");

    private readonly List<AssetObservation> _byAsset = [];
    private readonly Stack<AssetObservation> _spare = new();
    private PointCache _points = null!;
    private IProcessorContext<string, AssetObservation> _context = null!;

    public void Init(IProcessorContext<string, AssetObservation> context)
    {
        _context = context;
        _points = new PointCache(context.GetStateStore<IReadOnlyKeyValueStore<string, TwinEntry>>(twinsStore));
    }

    public void Process(in Record<string, Observation> record)
    {
        Observation observation = record.Value;
        if (observation is null)
        {
            return; // a tombstone says nothing about a device
        }

        long contextVersion = _points.Refresh();
        PointCache.DevicePoints points = _points.Of(observation.Source, observation.Device);
        int unmapped = 0;
        for (int i = 0; i < observation.Samples.Count; i++)
        {
            Sample sample = observation.Samples[i];
            BindingInterval? binding = points.Find(i, sample.Point)?.At(sample.ObservedAtMicros);
            if (binding is null)
            {
                unmapped++;
                continue;
            }

            AssetObservation target = TargetOf(binding, observation, record.Origin, contextVersion);
            Fill(target.Samples.Add(), sample, i, binding, observation.ReceivedAtMicros);
        }

        Mapped.Add(observation.Samples.Count - unmapped);
        Unmapped.Add(unmapped);
        ForwardAll(record);
    }

    private void ForwardAll(in Record<string, Observation> record)
    {
        foreach (AssetObservation output in _byAsset)
        {
            _context.Forward(record.With(RecordKey.Join(output.Asset), output));
            _spare.Push(output);
        }

        _byAsset.Clear();
    }

    private AssetObservation TargetOf(
        BindingInterval binding, Observation observation, in Streams.RecordOrigin origin, long contextVersion)
    {
        foreach (AssetObservation known in _byAsset)
        {
            if (known.Asset == binding.Asset)
            {
                return known;
            }
        }

        AssetObservation target = _spare.TryPop(out AssetObservation? spare) ? spare : new AssetObservation();
        target.Samples.Clear();
        target.Asset = binding.Asset;
        target.Model = binding.Model;
        target.Path = binding.Path;
        target.ContextVersion = contextVersion;
        target.Source = observation.Source;
        target.Device = observation.Device;
        target.Sequence = observation.Sequence;
        target.ReceivedAtMicros = observation.ReceivedAtMicros;
        target.Delivery = observation.Delivery;
        target.Raw.Topic = origin.Partition.Topic ?? "";
        target.Raw.Partition = origin.Partition.Partition;
        target.Raw.Offset = origin.Offset;
        _byAsset.Add(target);
        return target;
    }

    private static void Fill(SignalSample output, Sample sample, int index, BindingInterval binding, long receivedAtMicros)
    {
        output.Signal = binding.Signal;
        output.Index = index;
        output.Value = sample.Value;
        output.Number = NumberOf(sample.Value, binding);
        output.Unit = binding.Unit ?? sample.Unit;
        output.ObservedAtMicros = sample.ObservedAtMicros;
        output.Clock = sample.Clock;
        output.Quality = sample.Quality;
        output.Status = sample.Status;
        output.Flags.Clear();
        if (output.Number < binding.Minimum || output.Number > binding.Maximum)
        {
            output.Flags.Add(SampleFlag.OutOfRange);
        }

        if (output.Number is not null && binding.Converts)
        {
            output.Flags.Add(SampleFlag.Converted);
        }

        if (sample.Value.Kind == SampleValueKind.String && KeyedSubjectTokens.IsToken(sample.Value.AsString()))
        {
            output.Flags.Add(SampleFlag.Tokenized);
        }

        if (ObservedTime.IsSuspect(sample.ObservedAtMicros, receivedAtMicros))
        {
            output.Flags.Add(SampleFlag.ClockSuspect);
        }
    }

    private static double? NumberOf(SampleValue value, BindingInterval binding)
    {
        double? plain = value.Kind switch
        {
            SampleValueKind.Double => value.AsDouble(),
            SampleValueKind.Long => value.AsLong(),
            _ => null,
        };

        // Without conversion the value passes as it is: multiplying by one and adding zero would turn -0.0 into 0.0.
        return binding.Converts ? (plain * binding.Scale) + binding.Shift : plain;
    }
}

using System.Buffers;
using Fabric.Avro;
using Fabric.Schemas;
using Fabric.Streams;
using Fabric.Topologies.Serdes;
using Fabric.Twins;

namespace Fabric.Topologies.Contextualize;

/// <summary>What the <c>twins</c> topic holds under a key: the timeline of a point, or the number of the current revision.</summary>
/// <param name="Timeline">Null for the revision record.</param>
/// <param name="Revision">Number of the revision that wrote it.</param>
/// <param name="Hash">Hash of the bindings as a whole; empty for a point.</param>
public sealed record TwinEntry(PointTimeline? Timeline, long Revision, string Hash)
{
    /// <summary>Key of the revision record.</summary>
    public const string RevisionKey = "revision";
}

/// <summary>Reads and writes both kinds of record of the <c>twins</c> topic.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class TwinEntrySerde(SchemaIds ids, TimeProvider clock) : ISerde<TwinEntry>
{
    private readonly AvroSerde<TwinBinding> _bindings = new(ids, isAlone: false);
    private readonly AvroSerde<TwinRevision> _revisions = new(ids, isAlone: false);

    public void Serialize(TwinEntry value, in SerdeContext context, IBufferWriter<byte> output)
    {
        if (value.Timeline is { } timeline)
        {
            _bindings.Serialize(BindingOf(timeline, value.Revision), context, output);
        }
        else
        {
            _revisions.Serialize(
                new TwinRevision
                {
                    Number = value.Revision, Hash = value.Hash,
                    PublishedAtMicros = (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond,
                },
                context, output);
        }
    }

    public TwinEntry Deserialize(ReadOnlySpan<byte> data, in SerdeContext context)
    {
        if (ConfluentFraming.TryRead(data, out int schemaId, out _) == FramingResult.Ok
            && ids.SchemaOf(schemaId).FullName == TwinRevision.Schema.FullName)
        {
            TwinRevision revision = _revisions.Deserialize(data, context);
            return new TwinEntry(null, revision.Number, revision.Hash);
        }

        TwinBinding binding = _bindings.Deserialize(data, context);
        return new TwinEntry(
            new PointTimeline(binding.Intervals.Select(interval => new Twins.BindingInterval(
                interval.FromMicros ?? Twins.BindingInterval.SinceEver,
                interval.ToMicros ?? Twins.BindingInterval.UntilFurtherNotice, interval.Asset, interval.Model, interval.Path,
                interval.Signal, interval.Unit, interval.Scale, interval.Shift, interval.Minimum, interval.Maximum))),
            binding.Revision, "");
    }

    private static TwinBinding BindingOf(PointTimeline timeline, long revision)
    {
        var binding = new TwinBinding { Revision = revision };
        foreach (Twins.BindingInterval interval in timeline.Intervals)
        {
            binding.Intervals.Add(new Schemas.BindingInterval
            {
                FromMicros = interval.FromMicros == Twins.BindingInterval.SinceEver ? null : interval.FromMicros,
                ToMicros = interval.ToMicros == Twins.BindingInterval.UntilFurtherNotice ? null : interval.ToMicros,
                Asset = interval.Asset, Model = interval.Model, Path = interval.Path, Signal = interval.Signal,
                Unit = interval.Unit, Scale = interval.Scale, Shift = interval.Shift, Minimum = interval.Minimum,
                Maximum = interval.Maximum,
            });
        }

        return binding;
    }
}

using Fabric.Schemas;

namespace Fabric.Lakehouse.Tests.World;

/// <summary>Records to write.</summary>
internal static class Observations
{
    public const long MicrosPerDay = 86_400_000_000;

    /// <summary>2026-03-04T05:06:07.891011Z.</summary>
    public const long Moment = 1_772_600_767_891_011;

    public static Observation Of(long sequence, params ReadOnlySpan<SampleValue> values)
    {
        var observation = new Observation
        {
            Node = "n", Source = "s", Device = "d", Epoch = 1, Sequence = sequence, ReceivedAtMicros = Moment + sequence,
            Delivery = Delivery.Live,
        };
        foreach (SampleValue value in values)
        {
            observation.Samples.Add(new Sample
            {
                Point = $"p{observation.Samples.Count}", Value = value, Type = "t", ObservedAtMicros = Moment + sequence,
                Clock = Clock.Device, Quality = Quality.Good,
            });
        }

        return observation;
    }

    /// <summary>Values that formats like to change, one of every kind and more.</summary>
    public static SampleValue[] Awkward { get; } =
    [
        default, true, false, 0L, -1L, long.MinValue, long.MaxValue, 9_007_199_254_740_993L,
        0.0, -0.0, double.NaN, BitConverter.UInt64BitsToDouble(0x7ff8_dead_beef_0001), double.PositiveInfinity,
        double.NegativeInfinity, double.Epsilon, -double.Epsilon, double.MaxValue, double.MinValue, 0.1, 1.0 / 3,
        "", "a", "Grüße 温度 \U0001F321", "null", "line\nbreak\0and zero", new string('x', 5000),
        Array.Empty<byte>(), new byte[] { 0, 0xff, 0xc3, 0x28 }, new byte[3000],
    ];
}

using Fabric.Avro;

namespace Fabric.Schemas.Tests;

/// <summary>Observations with every kind of value in them.</summary>
internal static class Samples
{
    public static Observation Observation(bool withBytes = true)
    {
        var observation = new Observation
        {
            Node = "edge-1", Source = "sensors", Device = "pump-3", Epoch = 1, Sequence = 123_456,
            ReceivedAtMicros = 1_767_225_600_000_123, Delivery = Delivery.Spooled,
            Attributes = { ["client"] = "c-1", ["örtlich"] = "ja" },
        };
        observation.Samples.Add(Sample("temperature", 21.5, "Double", unit: "°C"));
        observation.Samples.Add(Sample("count", long.MinValue, "Int64"));
        observation.Samples.Add(Sample("on", true, "Boolean", status: "0x00000000"));
        observation.Samples.Add(Sample("name", "Grüße, " + new string('x', 100), "String"));
        observation.Samples.Add(Sample("nothing", default, "Null"));
        if (withBytes)
        {
            observation.Samples.Add(Sample("raw", new byte[] { 0, 255, 128 }, "ByteString"));
        }
        else
        {
            // Strings past the pool's size are allocated each time; so are byte arrays.
            observation.Samples[3].Value = "Grüße";
        }

        return observation;
    }

    public static void AssertEqual(Observation expected, Observation actual)
    {
        Assert.Equal(Text(expected), Text(actual));
        Assert.Equal(expected.Samples.Select(s => s.Value), actual.Samples.Select(s => s.Value));
    }

    private static Sample Sample(string point, SampleValue value, string type, string? status = null, string? unit = null) => new()
    {
        Point = point, Value = value, Type = type, ObservedAtMicros = 1_767_225_600_000_000, Clock = Clock.Server,
        Quality = Quality.Uncertain, Status = status, Unit = unit,
    };

    private static string Text(Observation o) =>
        $"{o.Node} {o.Source} {o.Device} {o.Epoch} {o.Sequence} {o.ReceivedAtMicros} {o.Delivery} "
        + string.Join("; ", o.Samples.Select(s =>
            $"{s.Point} {s.Value.Kind} {s.Type} {s.ObservedAtMicros} {s.Clock} {s.Quality} {s.Status ?? "null"} {s.Unit ?? "null"}"))
        + string.Join("; ", o.Attributes.OrderBy(a => a.Key, StringComparer.Ordinal));
}

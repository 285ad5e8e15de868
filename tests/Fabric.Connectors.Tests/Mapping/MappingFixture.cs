using System.Globalization;
using System.Text;
using Fabric.Connectors.Payload;
using Fabric.Connectors.Runner;
using Fabric.Schemas;

namespace Fabric.Connectors.Tests.Mapping;

/// <summary>Options with everything left out, and samples as one line of text each.</summary>
internal static class MappingFixture
{
    public const long ReceivedAtMicros = 1_000_000;

    public static PayloadOptions Options(PayloadFormat format = PayloadFormat.Json) => new(
        format, null, null, TimeUnit.Milliseconds, TimeZoneInfo.Utc, null, null, [], ';', false, [], null, QualityWords.Usual);

    public static PayloadPath Path(string text) => PayloadPath.Parse(text) ?? throw new ArgumentException(text);

    public static (PayloadVerdict Verdict, Observation Observation, SourceBatch Batch) Map(
        PayloadOptions options, ReadOnlySpan<byte> payload, string point = "")
    {
        var batch = new SourceBatch();
        Observation observation = batch.Observations.Add();
        observation.ReceivedAtMicros = ReceivedAtMicros;
        return (new PayloadMapper(options).Map(payload, point, observation, batch), observation, batch);
    }

    /// <summary>Maps, and tells each sample as <c>point=value|type|quality|status|unit|time</c>; a rejection by its rule.</summary>
    public static string[] Tell(PayloadOptions options, string payload, string point = "")
    {
        (PayloadVerdict verdict, Observation observation, _) = Map(options, Encoding.UTF8.GetBytes(payload), point);
        return verdict.IsMapped ? [.. observation.Samples.Select(Tell)] : [verdict.Rule!];
    }

    private static string Tell(Sample sample) =>
        $"{sample.Point}={Tell(sample.Value)}|{sample.Type}|{sample.Quality}|{sample.Status}|{sample.Unit}|"
        + (sample.Clock == Clock.Connector ? "connector" : sample.ObservedAtMicros.ToString(CultureInfo.InvariantCulture));

    public static string Tell(SampleValue value) => value.Kind switch
    {
        SampleValueKind.Null => "null",
        SampleValueKind.Boolean => value.AsBoolean() ? "true" : "false",
        SampleValueKind.Long => value.AsLong().ToString(CultureInfo.InvariantCulture) + "L",
        SampleValueKind.Double => value.AsDouble().ToString("R", CultureInfo.InvariantCulture) + "D",
        SampleValueKind.String => $"'{value.AsString()}'",
        _ => "bytes",
    };
}

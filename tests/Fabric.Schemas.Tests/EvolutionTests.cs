using System.Text.Json.Nodes;
using Fabric.Avro;

namespace Fabric.Schemas.Tests;

/// <summary>Generated records read what older and newer versions of their schema wrote.</summary>
public sealed class EvolutionTests
{
    [Fact]
    public void Read_of_an_older_version_fills_defaults_and_promotes()
    {
        JsonObject older = Json(Observation.SchemaJson);
        Remove(older, "attributes");
        JsonObject sample = Field(older, "samples")["type"]!["items"]!.AsObject();
        Remove(sample, "unit");
        Field(sample, "value")["type"] = new JsonArray("null", "int", "float");
        Field(older, "sequence")["type"] = "int";
        Schema writer = Schema.Parse(older.ToJsonString());
        var type = (RecordSchema)((ArraySchema)((RecordSchema)writer).Fields.Single(field => field.Name == "samples").Type).Items;
        var record = new GenericRecord((RecordSchema)writer)
        {
            ["node"] = "n", ["source"] = "s", ["device"] = "d", ["epoch"] = 1L, ["sequence"] = 7, ["receivedAt"] = 5L, ["delivery"] = "REPLAYED",
            ["samples"] = new List<object?> { OldSample(type, 42), OldSample(type, 1.5f), OldSample(type, null) },
        };

        var into = new Observation { Attributes = { ["stale"] = "x" } };
        new AvroDecoder<Observation>(_ => writer).Decode(1, GenericCodec.Encode(writer, record), into);

        Assert.Equal((7L, Delivery.Replayed), (into.Sequence, into.Delivery));
        Assert.Equal([SampleValue.From(42L), SampleValue.From(1.5), default], into.Samples.Select(s => s.Value));
        Assert.All(into.Samples, s => Assert.Null(s.Unit));
        Assert.Empty(into.Attributes);
    }

    [Fact]
    public void Read_of_a_newer_version_skips_what_it_does_not_know()
    {
        JsonObject newer = Json(Observation.SchemaJson);
        JsonArray fields = newer["fields"]!.AsArray();
        fields.Insert(1, new JsonObject { ["name"] = "site", ["type"] = new JsonArray("null", "string"), ["default"] = null });
        JsonArray sampleFields = Field(newer, "samples")["type"]!["items"]!["fields"]!.AsArray();
        sampleFields.Insert(0, new JsonObject
        {
            ["name"] = "history", ["default"] = new JsonArray(),
            ["type"] = new JsonObject { ["type"] = "array", ["items"] = "double" },
        });
        Schema writer = Schema.Parse(newer.ToJsonString());
        Observation expected = Samples.Observation();
        var record = (GenericRecord)GenericCodec.Decode(
            ValuePlan.Compile(Observation.Schema, writer), AvroRecord.Encode(expected))!;
        ((GenericRecord)((List<object?>)record["samples"]!)[0]!)["history"] = new List<object?> { 1.0, 2.0 };

        Observation actual = new AvroDecoder<Observation>(_ => writer).Decode(1, GenericCodec.Encode(writer, record));

        Samples.AssertEqual(expected, actual);
    }

    [Fact]
    public void Generic_and_generated_codecs_agree_on_every_schema()
    {
        Assert.All(Codecs(), codec => codec());
    }

    [Fact]
    public void Decode_by_a_schema_that_cannot_be_read_says_so()
    {
        var decoder = new AvroDecoder<Observation>(_ => Schema.Parse("\"long\""));

        Assert.Equal(AvroErrors.Resolution, Assert.Throws<AvroException>(() => decoder.Decode(1, [0])).Code);
    }

    private static IEnumerable<Action> Codecs()
    {
        yield return () => RoundTrip(Samples.Observation());
        yield return () => RoundTrip(new AssetObservation
        {
            Asset = "a", Raw = { Topic = "t", Partition = 3, Offset = 9 },
            Samples = { new SignalSample { Signal = "s", Value = "x", Number = double.NaN, Flags = { SampleFlag.Late, SampleFlag.ClockSuspect } } },
        });
        yield return () => RoundTrip(new ComponentStatus { State = ComponentState.Failed, Cause = "c" });
        yield return () => RoundTrip(new ConnectorProgress { NextSequence = { ["d"] = 1 }, SpoolPosition = 2, SourcePosition = [1, 2] });
        yield return () => RoundTrip(new DriftResult { D = 0.5, Verdict = DriftVerdict.Insufficient, Completeness = Completeness.WallClock });
        yield return () => RoundTrip(new Gap { Kind = "OVERFLOW", FromMicros = 1, Partition = 2 });
        yield return () => RoundTrip(new LineageEvent { Event = "{}" });
        yield return () => RoundTrip(new QuarantinedRecord { Payload = [9], Attributes = { ["k"] = "v" } });
        yield return () => RoundTrip(new TwinBinding { Intervals = { new BindingInterval { ToMicros = 5, Scale = 2, Maximum = 1 } } });
        yield return () => RoundTrip(new TwinRevision { Number = 1, Hash = "h" });
    }

    private static void RoundTrip<T>(T record)
        where T : class, IAvroRecord<T>, new()
    {
        byte[] body = AvroRecord.Encode(record);

        // By the schema alone, by the type, and by the type through a plan that looks at every field.
        Assert.Equal(body, GenericCodec.Encode(T.Schema, GenericCodec.Decode(T.Schema, body)));
        Assert.Equal(body, AvroRecord.Encode(AvroRecord.Decode<T>(body)));
        JsonObject wider = Json(T.Schema.ToJson());
        wider["fields"]!.AsArray().Add(new JsonObject { ["name"] = "later", ["type"] = "int", ["default"] = 1 });
        Schema writer = Schema.Parse(wider.ToJsonString());
        byte[] wide = GenericCodec.Encode(writer, GenericCodec.Decode(ValuePlan.Compile(T.Schema, writer), body));
        Assert.Equal(body, AvroRecord.Encode(new AvroDecoder<T>(_ => writer).Decode(1, wide)));
    }

    private static GenericRecord OldSample(RecordSchema type, object? value) => new(type)
    {
        ["point"] = "p", ["value"] = value, ["type"] = "t", ["observedAt"] = 1L, ["clock"] = "SERVER", ["quality"] = "BAD",
        ["status"] = null,
    };

    private static JsonObject Json(string schema) => JsonNode.Parse(schema)!.AsObject();

    private static JsonObject Field(JsonObject record, string name) =>
        record["fields"]!.AsArray().Single(field => field!["name"]!.ToString() == name)!.AsObject();

    private static void Remove(JsonObject record, string name) => record["fields"]!.AsArray().Remove(Field(record, name));
}

namespace Fabric.Avro.Tests;

public sealed class ResolutionTests
{
    [Theory]
    [InlineData("\"int\"", "\"long\"", "03", -2L)]
    [InlineData("\"int\"", "\"float\"", "03", -2f)]
    [InlineData("\"int\"", "\"double\"", "03", -2d)]
    [InlineData("\"long\"", "\"float\"", "FFFFFFFFFFFFFFFFFF01", -9223372036854775808f)]
    [InlineData("\"long\"", "\"double\"", "FFFFFFFFFFFFFFFFFF01", -9223372036854775808d)]
    [InlineData("\"float\"", "\"double\"", "0000C03F", 1.5)]
    [InlineData("\"bytes\"", "\"string\"", "0461C3", null)]
    [InlineData("\"bytes\"", "\"string\"", "04C3A9", "é")]
    [InlineData("\"long\"", """["null","double","long"]""", "04", 2L)]
    [InlineData("""["null","int"]""", "\"long\"", "0204", 2L)]
    [InlineData("""["null","int"]""", "\"long\"", "00", null)]
    [InlineData("""["string","int"]""", """["null","double","string"]""", "0204", 2d)]
    public void Decode_promotes(string writer, string reader, string hex, object? expected)
    {
        object? Decode() => GenericCodec.Decode(
            ValuePlan.Compile(Schema.Parse(writer), Schema.Parse(reader)), Convert.FromHexString(hex));

        if (expected is null)
        {
            Assert.Throws<AvroException>(Decode);
        }
        else
        {
            Assert.Equal(expected, Decode());
        }
    }

    [Fact]
    public void Fields_are_found_by_name_before_alias_and_defaults_fill_the_rest()
    {
        Schema writer = Record("""{"name":"a","type":"int"},{"name":"b","type":"int"},{"name":"gone","type":"string"}""");
        Schema reader = Record("""
            {"name":"d","type":{"type":"map","values":"bytes"},"default":{"k":"\u00ff"}},
            {"name":"b","type":"long","aliases":["a"]},
            {"name":"c","type":"int","aliases":["nothing","a"]}
            """);

        var value = (GenericRecord)GenericCodec.Decode(ValuePlan.Compile(writer, reader), [2, 4, 2, (byte)'x'])!;

        Assert.Equal(2L, value["b"]);
        Assert.Equal(1, value["c"]);
        Assert.Equal(new byte[] { 0xff }, ((Dictionary<string, object?>)value["d"]!)["k"]);
    }

    [Fact]
    public void Enum_symbols_are_matched_by_name_and_unknown_ones_take_the_default()
    {
        Schema writer = Schema.Parse("""{"type":"enum","name":"E","symbols":["A","B","C"]}""");
        Schema reader = Schema.Parse("""{"type":"enum","name":"E","symbols":["C","X","B"],"default":"X"}""");
        ValuePlan plan = ValuePlan.Compile(writer, reader);

        Assert.Equal(["X", "B", "C"],
            new byte[] { 0, 2, 4 }.Select(b => ((GenericEnum)GenericCodec.Decode(plan, [b])!).Symbol));
    }

    [Fact]
    public void Enum_symbol_without_default_fails_only_when_it_occurs()
    {
        Schema writer = Schema.Parse("""{"type":"enum","name":"E","symbols":["A","B"]}""");
        Schema reader = Schema.Parse("""{"type":"enum","name":"E","symbols":["B"]}""");
        ValuePlan plan = ValuePlan.Compile(writer, reader);

        Assert.Equal("B", ((GenericEnum)GenericCodec.Decode(plan, [2])!).Symbol);
        Assert.Equal(AvroErrors.Resolution, Assert.Throws<AvroException>(() => GenericCodec.Decode(plan, [0])).Code);
    }

    [Theory]
    [InlineData("\"string\"", "\"int\"")]
    [InlineData("""{"type":"fixed","name":"F","size":2}""", """{"type":"fixed","name":"F","size":3}""")]
    [InlineData("""{"type":"array","items":"string"}""", """{"type":"array","items":"int"}""")]
    [InlineData("\"long\"", """["null","int"]""")]
    [InlineData("""{"type":"record","name":"A","fields":[]}""", """{"type":"record","name":"B","fields":[]}""")]
    [InlineData("""{"type":"record","name":"A","fields":[]}""",
        """{"type":"record","name":"A","fields":[{"name":"x","type":"int"}]}""")]
    public void Compile_refuses_what_can_never_be_read(string writer, string reader)
    {
        var error = Assert.Throws<AvroException>(() => ValuePlan.Compile(Schema.Parse(writer), Schema.Parse(reader)));

        Assert.Equal(AvroErrors.Resolution, error.Code);
        Assert.NotEmpty(SchemaCompatibility.Check(Schema.Parse(reader), Schema.Parse(writer)));
    }

    [Fact]
    public void Recursive_types_resolve()
    {
        const string List = """
            {"type":"record","name":"L","fields":[{"name":"v","type":"TYPE"},{"name":"next","type":["null","L"],"default":null}]}
            """;
        ValuePlan plan = ValuePlan.Compile(
            Schema.Parse(List.Replace("TYPE", "int", StringComparison.Ordinal)),
            Schema.Parse(List.Replace("TYPE", "double", StringComparison.Ordinal)));

        var value = (GenericRecord)GenericCodec.Decode(plan, [2, 2, 4, 0])!;

        Assert.Equal(2d, ((GenericRecord)value["next"]!)["v"]);
    }

    [Fact]
    public void Data_nested_too_deeply_are_refused_not_overflowed()
    {
        Schema list = Schema.Parse("""{"type":"record","name":"L","fields":[{"name":"next","type":["null","L"]}]}""");
        byte[] body = new byte[100_000];
        Array.Fill(body, (byte)2);

        Assert.Equal(AvroErrors.Depth, Assert.Throws<AvroException>(() => GenericCodec.Decode(list, body)).Code);
    }

    private static Schema Record(string fields) =>
        Schema.Parse("""{"type":"record","name":"R","fields":[""" + fields + "]}");
}

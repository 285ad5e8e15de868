namespace Fabric.Avro.Tests;

public sealed class SchemaParserTests
{
    [Theory]
    [InlineData("", AvroErrors.SchemaText, "")]
    [InlineData("{", AvroErrors.SchemaText, "")]
    [InlineData("12", AvroErrors.SchemaInvalid, "$")]
    [InlineData("\"strng\"", AvroErrors.SchemaUnknownType, "$")]
    [InlineData("{}", AvroErrors.SchemaInvalid, "$")]
    [InlineData("""{"type":"array"}""", AvroErrors.SchemaInvalid, "$")]
    [InlineData("""{"type":"map","values":{"type":"arr"}}""", AvroErrors.SchemaUnknownType, "$.values")]
    [InlineData("""["int",["null"]]""", AvroErrors.SchemaInvalid, "$[1]")]
    [InlineData("""["int","string",{"type":"int","logicalType":"date"}]""", AvroErrors.SchemaInvalid, "$[2]")]
    [InlineData("""{"type":"record","name":"R"}""", AvroErrors.SchemaInvalid, "$")]
    [InlineData("""{"type":"record","fields":[]}""", AvroErrors.SchemaName, "$")]
    [InlineData("""{"type":"record","name":"1R","fields":[]}""", AvroErrors.SchemaName, "$")]
    [InlineData("""{"type":"record","name":"a..R","fields":[]}""", AvroErrors.SchemaName, "$")]
    [InlineData("""{"type":"record","name":"string","fields":[]}""", AvroErrors.SchemaName, "$")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]}""",
        AvroErrors.SchemaName, "$.fields[1]")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"enum","name":"R","symbols":[]}}]}""",
        AvroErrors.SchemaName, "$.fields[0].type")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"a-b","type":"int"}]}""", AvroErrors.SchemaName, "$.fields[0]")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":"1"}]}""",
        AvroErrors.SchemaDefault, "$.fields[0].default")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":2147483648}]}""",
        AvroErrors.SchemaDefault, "$.fields[0].default")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"a","type":["int","null"],"default":"x"}]}""",
        AvroErrors.SchemaDefault, "$.fields[0].default")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"a","type":"bytes","default":"\u0100"}]}""",
        AvroErrors.SchemaDefault, "$.fields[0].default")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"a","type":"R","default":{}}]}""",
        AvroErrors.SchemaDefault, "$.fields[0].default")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"a","type":"int","order":"up"}]}""",
        AvroErrors.SchemaInvalid, "$.fields[0]")]
    [InlineData("""{"type":"enum","name":"E","symbols":["A","A"]}""", AvroErrors.SchemaName, "$")]
    [InlineData("""{"type":"enum","name":"E","symbols":["A"],"default":"B"}""", AvroErrors.SchemaDefault, "$")]
    [InlineData("""{"type":"fixed","name":"F","size":-1}""", AvroErrors.SchemaInvalid, "$")]
    [InlineData("""{"type":"fixed","name":"F","size":99999999999}""", AvroErrors.SchemaInvalid, "$")]
    [InlineData("\"\\ud800\"", AvroErrors.SchemaText, "")]
    public void Parse_refuses_with_the_place(string json, string code, string path)
    {
        var error = Assert.Throws<AvroException>(() => Schema.Parse(json));

        Assert.Equal((code, path), (error.Code, error.Path));
    }

    [Fact]
    public void Parse_bounds_size_depth_and_branches()
    {
        string deep = string.Concat(Enumerable.Repeat("""{"type":"array","items":""", 200)) + "\"int\"" + new string('}', 200);
        string wide = "[" + string.Join(',', Enumerable.Range(0, 1_001).Select(i =>
            $$"""{"type":"fixed","name":"F{{i}}","size":1}""")) + "]";
        string json = new('[', 100_000);

        Assert.Equal(AvroErrors.SchemaLimit, Assert.Throws<AvroException>(() => Schema.Parse(deep)).Code);
        Assert.Equal(AvroErrors.SchemaLimit, Assert.Throws<AvroException>(() => Schema.Parse(wide)).Code);
        Assert.Equal(AvroErrors.SchemaText, Assert.Throws<AvroException>(() => Schema.Parse(json)).Code);
        Assert.Equal(AvroErrors.SchemaText,
            Assert.Throws<AvroException>(() => Schema.Parse(new string(' ', AvroLimits.SchemaCharsMax + 1))).Code);
    }

    [Fact]
    public void Parse_bounds_defaults_that_double_at_each_level()
    {
        string type = """{"type":"record","name":"R0","fields":[{"name":"x","type":"int","default":1}]}""";
        for (int i = 1; i < 40; i++)
        {
            type = $$$"""
                {"type":"record","name":"R{{{i}}}","fields":[
                  {"name":"a","type":{{{type}}},"default":{}},{"name":"b","type":"R{{{i - 1}}}","default":{}}]}
                """;
        }

        Assert.Equal(AvroErrors.SchemaDefault, Assert.Throws<AvroException>(() => Schema.Parse(type)).Code);
    }

    [Fact]
    public void Parse_of_a_long_chain_of_names_ends()
    {
        string fields = string.Join(',', Enumerable.Range(0, 5_000).Select(i =>
            $$$"""{"name":"f{{{i}}}","type":{"type":"record","name":"T{{{i}}}","fields":[{"name":"x","type":"{{{(i == 0 ? "int" : $"T{i - 1}")}}}"}]}}"""));
        var schema = (RecordSchema)Schema.Parse($$"""{"type":"record","name":"Chain","fields":[{{fields}}]}""");

        // Either it works or it says that the chain is too long: the stack must not overflow.
        Exception? error = Record.Exception(() => ValuePlan.Compile(schema.Fields[4_999].Type, schema.Fields[4_999].Type));

        Assert.True(error is null or AvroException { Code: AvroErrors.SchemaLimit });
    }

    [Theory]
    [InlineData("""{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}""", LogicalKind.Decimal)]
    [InlineData("""{"type":"bytes","logicalType":"decimal","precision":4,"scale":5}""", LogicalKind.None)]
    [InlineData("""{"type":"bytes","logicalType":"decimal"}""", LogicalKind.None)]
    [InlineData("""{"type":"fixed","name":"F","size":4,"logicalType":"decimal","precision":9}""", LogicalKind.Decimal)]
    [InlineData("""{"type":"fixed","name":"F","size":4,"logicalType":"decimal","precision":10}""", LogicalKind.None)]
    [InlineData("""{"type":"bytes","logicalType":"big-decimal"}""", LogicalKind.BigDecimal)]
    [InlineData("""{"type":"string","logicalType":"uuid"}""", LogicalKind.Uuid)]
    [InlineData("""{"type":"fixed","name":"F","size":16,"logicalType":"uuid"}""", LogicalKind.Uuid)]
    [InlineData("""{"type":"fixed","name":"F","size":15,"logicalType":"uuid"}""", LogicalKind.None)]
    [InlineData("""{"type":"int","logicalType":"date"}""", LogicalKind.Date)]
    [InlineData("""{"type":"long","logicalType":"date"}""", LogicalKind.None)]
    [InlineData("""{"type":"int","logicalType":"time-millis"}""", LogicalKind.TimeMillis)]
    [InlineData("""{"type":"long","logicalType":"time-micros"}""", LogicalKind.TimeMicros)]
    [InlineData("""{"type":"long","logicalType":"timestamp-millis"}""", LogicalKind.TimestampMillis)]
    [InlineData("""{"type":"long","logicalType":"timestamp-micros"}""", LogicalKind.TimestampMicros)]
    [InlineData("""{"type":"long","logicalType":"timestamp-nanos"}""", LogicalKind.TimestampNanos)]
    [InlineData("""{"type":"long","logicalType":"local-timestamp-millis"}""", LogicalKind.LocalTimestampMillis)]
    [InlineData("""{"type":"long","logicalType":"local-timestamp-micros"}""", LogicalKind.LocalTimestampMicros)]
    [InlineData("""{"type":"long","logicalType":"local-timestamp-nanos"}""", LogicalKind.LocalTimestampNanos)]
    [InlineData("""{"type":"fixed","name":"F","size":12,"logicalType":"duration"}""", LogicalKind.Duration)]
    [InlineData("""{"type":"long","logicalType":"made-up"}""", LogicalKind.None)]
    [InlineData("""{"type":"long","logicalType":7}""", LogicalKind.None)]
    public void Parse_reads_logical_types_and_ignores_those_that_are_not(string json, LogicalKind kind)
    {
        Schema schema = Schema.Parse(json);

        Assert.Equal(kind, schema.Logical.Kind);
        Assert.Contains("logicalType", schema.ToJson(), StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_with_references_finds_their_types()
    {
        Schema shared = Schema.Parse("""{"type":"record","name":"x.Outer","fields":[{"name":"e","type":{"type":"enum","name":"E","symbols":["A"]}}]}""");

        Schema schema = Schema.Parse("""{"type":"array","items":["x.Outer","x.E"]}""", [shared]);

        Assert.Equal("""{"type":"array","items":[{"name":"x.Outer","type":"record","fields":[{"name":"e","type":{"name":"x.E","type":"enum","symbols":["A"]}}]},"x.E"]}""",
            schema.CanonicalForm);
    }

    [Fact]
    public void Normalize_orders_and_expands_and_keeps_what_was_said()
    {
        Schema schema = Schema.Parse("""
            { "zeta": {"b": 1, "a": [2.50, "x"]}, "namespace": "n", "fields": [
                {"default": null, "type": ["null", {"logicalType": "date", "type": "int"}], "aliases": ["z", "y"], "doc": "\"d\"", "name": "a",
                 "order": "ignore", "x-unit": "°C"},
                {"name": "e", "type": {"symbols": ["A"], "type": "enum", "name": "E", "default": "A", "aliases": ["Old"]}},
                {"name": "f", "type": "E"}],
              "alpha": true, "name": "R", "doc": "rec", "type": "record" }
            """);

        Assert.Equal(
            """{"name":"n.R","type":"record","fields":[{"name":"a","type":["null",{"type":"int","logicalType":"date"}],"order":"ignore","doc":"\"d\"","aliases":["y","z"],"default":null,"x-unit":"°C"},"""
            + """{"name":"e","type":{"name":"n.E","type":"enum","symbols":["A"],"aliases":["n.Old"],"default":"A"}},{"name":"f","type":"n.E"}],"doc":"rec","alpha":true,"zeta":{"b":1,"a":[2.50,"x"]}}""",
            schema.Normalize());
        Assert.Equal(schema.Normalize(), Schema.Parse(schema.Normalize()).Normalize());
        Assert.Equal(schema.Normalize(), Schema.Parse(schema.ToJson()).Normalize());
    }

    /// <summary>The text that Confluent's registry keeps and gives out, and by which it knows a schema again.</summary>
    [Fact]
    public void ToJson_is_what_Javas_toString_gives()
    {
        Schema schema = Schema.Parse("""
            { "zeta": {"b": 1, "a": [2.50, "x"]}, "namespace": "n", "fields": [
                {"default": null, "type": ["null", {"logicalType": "date", "type": "int"}], "aliases": ["z", "y"], "doc": "\"d\"", "name": "a",
                 "order": "ignore", "x-unit": "°C"},
                {"name": "e", "type": {"symbols": ["A"], "type": "enum", "name": "E", "default": "A", "aliases": ["Old", "m.Older"], "x": 1}},
                {"name": "f", "type": "E"},
                {"name": "g", "type": {"name": "o.G", "size": 2, "type": "fixed", "doc": "two"}},
                {"name": "h", "type": {"values": {"type": "n.E"}, "type": "map"}},
                {"name": "i", "type": {"type": "fixed", "size": 1, "name": "Free", "namespace": ""}},
                {"name": "j", "type": {"type": "array", "items": {"type": "string", "avro.java.string": "String"}}},
                {"name": "k", "type": "o.G"}],
              "alpha": true, "name": "R", "doc": "rec", "type": "record" }
            """);

        Assert.Equal(
            """{"type":"record","name":"R","namespace":"n","doc":"rec","fields":[{"name":"a","type":["null",{"type":"int","logicalType":"date"}],"doc":"\"d\"","default":null,"order":"ignore","aliases":["z","y"],"x-unit":"°C"},"""
            + """{"name":"e","type":{"type":"enum","name":"E","symbols":["A"],"default":"A","x":1,"aliases":["Old","m.Older"]}},{"name":"f","type":"E"},"""
            + """{"name":"g","type":{"type":"fixed","name":"G","namespace":"o","doc":"two","size":2}},{"name":"h","type":{"type":"map","values":"E"}},"""
            + """{"name":"i","type":{"type":"fixed","name":"Free","namespace":"","size":1}},{"name":"j","type":{"type":"array","items":{"type":"string","avro.java.string":"String"}}},"""
            + """{"name":"k","type":"o.G"}],"zeta":{"b":1,"a":[2.50,"x"]},"alpha":true}""",
            schema.ToJson());
        Assert.Equal(schema.ToJson(), Schema.Parse(schema.ToJson()).ToJson());
    }

    [Fact]
    public void ToJson_with_references_names_their_types()
    {
        Schema shared = Schema.Parse("""{"type":"record","name":"x.Outer","fields":[{"name":"e","type":{"type":"enum","name":"E","symbols":["A"]}}]}""");
        const string Text = """{"type":"record","name":"R","namespace":"x","fields":[{"name":"a","type":"Outer"},{"name":"b","type":"E"}]}""";

        Assert.Equal(Text, Schema.Parse(Text, [shared]).ToJson([shared]));
        Assert.Equal(Text.Replace("\"Outer\"", "\"x.Outer\"", StringComparison.Ordinal).Replace("\"E\"", "\"x.E\"", StringComparison.Ordinal)
                .Replace("""{"type":"record","name":"R","namespace":"x",""", """{"name":"x.R","type":"record",""", StringComparison.Ordinal),
            Schema.Parse(Text, [shared]).Normalize([shared]));
    }

    [Fact]
    public void ToJson_of_a_type_without_namespace_inside_one_with_is_read_back_the_same()
    {
        Schema schema = Schema.Parse("""
            {"type":"record","name":"n.R","fields":[
              {"name":"a","type":{"type":"record","name":"Free","namespace":"","fields":[{"name":"n","type":["null","Free"]}]}}]}
            """);

        Assert.Equal(schema.CanonicalForm, Schema.Parse(schema.ToJson()).CanonicalForm);
        Assert.Equal(schema.CanonicalForm, Schema.Parse(schema.Normalize()).CanonicalForm);
    }

    [Fact]
    public void Union_default_may_be_of_a_later_branch()
    {
        var schema = (RecordSchema)Schema.Parse(
            """{"type":"record","name":"R","fields":[{"name":"a","type":["null","string"],"default":"x"}]}""");

        Assert.Equal([2, 2, (byte)'x'], schema.Fields[0].DefaultBytes.ToArray());
    }
}

using System.Text;
using Fabric.Core.Columns;

namespace Fabric.Avro.Tests;

public sealed class ColumnPlanTests
{
    private const string Readings = """
        {"type":"record","name":"Reading","fields":[
          {"name":"device","type":"string"},
          {"name":"receivedAt","type":{"type":"long","logicalType":"timestamp-millis"}},
          {"name":"kind","type":{"type":"enum","name":"Kind","symbols":["LIVE","LATE"]}},
          {"name":"samples","type":{"type":"array","items":{"type":"record","name":"Sample","fields":[
            {"name":"point","type":"string"},
            {"name":"value","type":["null","boolean","long","double","string","bytes"]},
            {"name":"flags","type":{"type":"array","items":{"type":"enum","name":"Flag","symbols":["A","B"]}}},
            {"name":"unit","type":["null","string"]}]}}},
          {"name":"attributes","type":{"type":"map","values":"string"}},
          {"name":"origin","type":["null",{"type":"record","name":"Origin","fields":[{"name":"offset","type":"long"}]}]}]}
        """;

    [Fact]
    public void Infer_names_columns_as_the_contract_does()
    {
        ColumnMapping mapping = ColumnMapping.Infer(Schema.Parse(Readings), "samples", "_index");

        Assert.Equal(
            "_index:Int32, device:Text, received_at:Timestamp, kind:Text, point:Text, value_bool:Boolean, value_long:Int64, "
            + "value_double:Double, value_text:Text, value_bytes:Binary, flags:Text, unit:Text, attributes:Text, origin_offset:Int64",
            string.Join(", ", mapping.Fields.Select(f => $"{f.Name}:{f.Type}")));
    }

    [Fact]
    public void Decode_makes_a_row_per_element_and_repeats_the_rest()
    {
        ColumnBatch batch = Decode(Readings, "samples", (ref AvroWriter w) => WriteReading(ref w));

        Assert.Equal(
            """
            0 pump 1000 LATE a - - 1.5 - - A,B V {"k":"v"} 7
            1 pump 1000 LATE b True - - - - - {"k":"v"} 7
            2 pump 1000 LATE c - -9 - - - - {"k":"v"} 7
            3 pump 1000 LATE d - - - é - - {"k":"v"} 7
            4 pump 1000 LATE e - - - - 00FF - {"k":"v"} 7
            5 pump 1000 LATE f - - - - - - {"k":"v"} 7

            """,
            ColumnText.Rows(batch).Replace("  ", " ", StringComparison.Ordinal));
    }

    [Fact]
    public void Decode_of_an_empty_array_adds_no_row()
    {
        ColumnBatch batch = Decode(Readings, "samples", (ref AvroWriter w) =>
        {
            WriteHead(ref w);
            w.WriteBlockEnd();
            w.WriteBlockEnd();
            w.WriteInt(0);
        });

        Assert.Equal(0, batch.RowCount);
    }

    [Fact]
    public void Decode_without_an_exploded_array_makes_one_row_with_json()
    {
        ColumnBatch batch = Decode(Readings, null, (ref AvroWriter w) => WriteReading(ref w));

        Assert.Equal(1, batch.RowCount);
        Assert.StartsWith("""[{"point":"a","value":1.5,"flags":["A","B"],"unit":"V"},{"point":"b","value":true,""",
            Encoding.UTF8.GetString(batch.Bytes("samples")[0]), StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_reads_several_blocks_with_sizes()
    {
        ColumnBatch batch = Decode("""
            {"type":"record","name":"R","fields":[{"name":"xs","type":{"type":"array","items":"long"}}]}
            """, "xs", (ref AvroWriter w) =>
        {
            w.WriteLong(-2);
            w.WriteLong(2);
            w.WriteLong(1);
            w.WriteLong(2);
            w.WriteLong(1);
            w.WriteLong(3);
            w.WriteBlockEnd();
        });

        Assert.Equal([1L, 2L, 3L], batch.Fixed<long>("xs").Values.ToArray());
    }

    [Fact]
    public void Decode_of_a_cut_body_leaves_the_batch_as_it_was()
    {
        Schema schema = Schema.Parse(Readings);
        ColumnMapping mapping = ColumnMapping.Infer(schema, "samples", "_index");
        var batch = new ColumnBatch([.. mapping.Fields]);
        var decoder = new ColumnDecoder(mapping, batch, _ => schema);
        byte[] body = Bytes((ref AvroWriter w) => WriteReading(ref w));
        decoder.Append(1, body);
        string before = ColumnText.Rows(batch);

        for (int length = 0; length < body.Length; length++)
        {
            Assert.Throws<AvroException>(() => decoder.Append(1, body.AsSpan(0, length)));
            Assert.Equal(before, ColumnText.Rows(batch));
        }

        Assert.Equal(6, decoder.Append(1, body));
        Assert.Equal(12, batch.RowCount);
    }

    [Fact]
    public void Decode_names_the_path_of_what_is_malformed()
    {
        Schema schema = Schema.Parse(Readings);
        ColumnMapping mapping = ColumnMapping.Infer(schema, "samples");
        var decoder = new ColumnDecoder(mapping, new ColumnBatch([.. mapping.Fields]), _ => schema);
        byte[] body = Bytes((ref AvroWriter w) =>
        {
            WriteHead(ref w);
            w.WriteBlockStart(1);
            w.WriteString("a");
            w.WriteInt(6);
            w.WriteFixed(new byte[8]);
        });

        var error = Assert.Throws<AvroException>(() => decoder.Append(1, body));

        Assert.Equal((AvroErrors.UnionIndex, "samples[0].value"), (error.Code, error.Path));
    }

    [Fact]
    public void Decode_of_other_versions_fills_what_they_have()
    {
        var mapping = new ColumnMapping(
            [
                new ColumnSource(new ColumnField("a", ColumnType.Int64), "a"),
                new ColumnSource(new ColumnField("v_long", ColumnType.Int64), "v.long"),
                new ColumnSource(new ColumnField("v_double", ColumnType.Double), "v.double"),
                new ColumnSource(new ColumnField("site", ColumnType.Text), "tags.site"),
            ]);
        var batch = new ColumnBatch([.. mapping.Fields]);
        Schema[] versions =
        [
            Schema.Parse("""{"type":"record","name":"R","fields":[{"name":"v","type":"double"}]}"""),
            Schema.Parse("""{"type":"record","name":"R","fields":[{"name":"v","type":["int","float"]},{"name":"a","type":"int"}]}"""),
            Schema.Parse("""
                {"type":"record","name":"R","fields":[{"name":"x","type":"bytes"},
                {"name":"tags","type":{"type":"map","values":["null","string"]}}, {"name":"v","type":["null","long"]}]}
                """),
        ];
        var decoder = new ColumnDecoder(mapping, batch, id => versions[id]);
        decoder.Append(0, Bytes((ref AvroWriter w) => w.WriteDouble(0.5)));
        decoder.Append(1, Bytes((ref AvroWriter w) =>
        {
            w.WriteInt(0);
            w.WriteInt(3);
            w.WriteInt(4);
        }));
        decoder.Append(1, Bytes((ref AvroWriter w) =>
        {
            w.WriteInt(1);
            w.WriteFloat(1.25f);
            w.WriteInt(5);
        }));
        decoder.Append(2, Bytes((ref AvroWriter w) =>
        {
            w.WriteBytes([1, 2]);
            w.WriteBlockStart(3);
            WriteTag(ref w, "site", "north");
            WriteTag(ref w, "other", "x");
            WriteTag(ref w, "site", "south");
            w.WriteBlockEnd();
            w.WriteInt(1);
            w.WriteLong(6);
        }));

        Assert.Equal("- - 0.5 -\n4 3 - -\n5 - 1.25 -\n- 6 - south\n", ColumnText.Rows(batch));
    }

    [Theory]
    [InlineData("""{"type":"long","logicalType":"timestamp-nanos"}""", "-1", "-1")]
    [InlineData("""{"type":"long","logicalType":"timestamp-nanos"}""", "1999", "1")]
    [InlineData("""{"type":"long","logicalType":"timestamp-micros"}""", "5", "5")]
    [InlineData("""{"type":"int","logicalType":"date"}""", "-1", "-1")]
    [InlineData("""{"type":"long","logicalType":"local-timestamp-micros"}""", "-1", "1969-12-31T23:59:59.999999")]
    [InlineData("""{"type":"long","logicalType":"local-timestamp-nanos"}""", "-1", "1969-12-31T23:59:59.999999999")]
    [InlineData("""{"type":"int","logicalType":"time-millis"}""", "1500", "1500")]
    [InlineData("""{"type":"int","logicalType":"unheard-of"}""", "1500", "1500")]
    public void Decode_of_logical_numbers(string type, string value, string expected)
    {
        ColumnBatch batch = Decode(Single(type), null, (ref AvroWriter w) => w.WriteLong(long.Parse(value)));

        Assert.Equal(expected + "\n", ColumnText.Rows(batch));
    }

    [Theory]
    [InlineData("""{"type":"bytes","logicalType":"decimal","precision":5,"scale":2}""", "06FFFE0C", "-500")]
    [InlineData("""{"type":"bytes","logicalType":"decimal","precision":5,"scale":2}""", "00", "0")]
    [InlineData("""{"type":"fixed","name":"D","size":3,"logicalType":"decimal","precision":5}""", "00000A", "10")]
    [InlineData("""{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}""",
        "00112233445566778899AABBCCDDEEFF", "00112233-4455-6677-8899-aabbccddeeff")]
    [InlineData("""{"type":"fixed","name":"T","size":12,"logicalType":"duration"}""", "010000000200000005000000", "P1M2DT0.005S")]
    [InlineData("""{"type":"fixed","name":"F","size":2}""", "00FF", "00FF")]
    [InlineData("""{"type":"array","items":"string"}""", "04026106C3A96300", "a,éc")]
    [InlineData("""{"type":"map","values":"double"}""", "020261000000000000F07F00", "{\"a\":\"Infinity\"}")]
    public void Decode_of_other_types(string type, string hex, string expected)
    {
        ColumnBatch batch = Decode(Single(type), null, (ref AvroWriter w) => w.WriteFixed(Convert.FromHexString(hex)));

        Assert.Equal(expected + "\n", ColumnText.Rows(batch));
    }

    [Fact]
    public void Decode_of_a_decimal_with_too_many_digits_is_a_range_error()
    {
        var error = Assert.Throws<AvroException>(() => Decode(
            Single("""{"type":"bytes","logicalType":"decimal","precision":2}"""), null, (ref AvroWriter w) => w.WriteBytes([100])));

        Assert.Equal((AvroErrors.Range, "x"), (error.Code, error.Path));
    }

    [Theory]
    [InlineData("x", ColumnType.Int64, "AVRO_MAPPING")]
    [InlineData("x.y", ColumnType.Text, null)]
    public void Compile_refuses_types_that_do_not_fit(string path, ColumnType type, string? code)
    {
        var mapping = new ColumnMapping([new ColumnSource(new ColumnField("c", type), path)]);
        Exception? error = Record.Exception(() => ColumnPlan.Compile(Schema.Parse(Single("\"double\"")), mapping));

        Assert.Equal(code, (error as AvroException)?.Code);
    }

    [Fact]
    public void Compile_refuses_a_required_column_without_a_value()
    {
        var mapping = new ColumnMapping([new ColumnSource(new ColumnField("c", ColumnType.Text, Nullable: false), "x")]);

        Assert.Equal(AvroErrors.Mapping, Assert.Throws<AvroException>(
            () => ColumnPlan.Compile(Schema.Parse(Single("""["null","string"]""")), mapping)).Code);
    }

    [Fact]
    public void Decode_allocates_nothing_per_record()
    {
        Schema schema = Schema.Parse(Readings);
        ColumnMapping mapping = ColumnMapping.Infer(schema, "samples", "_index");
        var batch = new ColumnBatch([.. mapping.Fields]);
        var decoder = new ColumnDecoder(mapping, batch, _ => schema);
        byte[] body = Bytes((ref AvroWriter w) => WriteReading(ref w));
        for (int i = 0; i < ColumnPlan.RecordsBeforeCode + 100; i++)
        {
            decoder.Append(1, body);
        }

        batch.Clear();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            decoder.Append(1, body);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private delegate void Encode(ref AvroWriter writer);

    private static string Single(string type) =>
        """{"type":"record","name":"R","fields":[{"name":"x","type":""" + type + "}]}";

    private static byte[] Bytes(Encode encode)
    {
        using var buffer = new AvroBuffer();
        var writer = new AvroWriter(buffer);
        encode(ref writer);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static ColumnBatch Decode(string json, string? explode, Encode encode)
    {
        Schema schema = Schema.Parse(json);
        ColumnMapping mapping = ColumnMapping.Infer(schema, explode, explode is null ? null : "_index");
        var batch = new ColumnBatch([.. mapping.Fields]);
        new ColumnDecoder(mapping, batch, _ => schema).Append(1, Bytes(encode));

        // The same once more as machine code.
        var again = new ColumnBatch([.. mapping.Fields]);
        ColumnPlan plan = ColumnPlan.Compile(schema, mapping);
        plan.MakeCode();
        plan.Decode(Bytes(encode), new ColumnTarget(mapping, again));
        Assert.Equal(ColumnText.Rows(batch), ColumnText.Rows(again));
        return batch;
    }

    private static void WriteHead(ref AvroWriter w)
    {
        w.WriteString("pump");
        w.WriteLong(1);
        w.WriteInt(1);
    }

    private static void WriteReading(ref AvroWriter w)
    {
        WriteHead(ref w);
        w.WriteBlockStart(6);
        w.WriteString("a");
        w.WriteInt(3);
        w.WriteDouble(1.5);
        w.WriteBlockStart(2);
        w.WriteInt(0);
        w.WriteInt(1);
        w.WriteBlockEnd();
        w.WriteInt(1);
        w.WriteString("V");
        for (int i = 1; i < 6; i++)
        {
            w.WriteString(((char)('a' + i)).ToString());
            switch (i)
            {
                case 1:
                    w.WriteInt(1);
                    w.WriteBoolean(true);
                    break;
                case 2:
                    w.WriteInt(2);
                    w.WriteLong(-9);
                    break;
                case 3:
                    w.WriteInt(4);
                    w.WriteString("é");
                    break;
                case 4:
                    w.WriteInt(5);
                    w.WriteBytes([0, 255]);
                    break;
                default:
                    w.WriteInt(0);
                    break;
            }

            w.WriteBlockEnd();
            w.WriteInt(0);
        }

        w.WriteBlockEnd();
        w.WriteBlockStart(1);
        WriteTag(ref w, "k", null);
        w.WriteString("v");
        w.WriteBlockEnd();
        w.WriteInt(1);
        w.WriteLong(7);
    }

    private static void WriteTag(ref AvroWriter w, string key, string? value)
    {
        w.WriteString(key);
        if (value is not null)
        {
            w.WriteInt(1);
            w.WriteString(value);
        }
    }
}

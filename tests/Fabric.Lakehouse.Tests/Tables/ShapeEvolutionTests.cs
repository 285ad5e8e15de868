using Fabric.Avro;
using Fabric.Core.Columns;
using Fabric.Lakehouse.Tables;
using Fabric.Lakehouse.Tests.World;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Lakehouse.Tests.Tables;

/// <summary>How a table's columns follow the schemas of its records.</summary>
public sealed class ShapeEvolutionTests(ITestOutputHelper output)
{
    [Fact]
    public void First_schema_makes_the_columns()
    {
        TableShape shape = Apply(Empty(), "id long", "createdAt {\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}", "date string", "_offset int");
        Assert.Equal(
            "id:Int64@id created_at:Timestamp@createdAt date_2:Text@date _offset_2:Int32@_offset", Text(shape));
        Assert.Equal(
            ["date", "id", "created_at", "date_2", "_offset_2", "_topic", "_partition", "_offset", "_index"],
            shape.ToSchema().Fields.Select(field => field.Name));
    }

    [Theory]
    [InlineData("a long", "b string", "a:Int64@a b:Text@b")]
    [InlineData("a long", "a long?", "a:Int64@a")]
    [InlineData("a long", "a int", "a:Int64@a")]
    [InlineData("a double", "a float", "a:Double@a")]
    [InlineData("a double", "a int", "a:Double@a")]
    [InlineData("a {\"type\":\"record\",\"name\":\"N\",\"fields\":[{\"name\":\"b\",\"type\":\"int\"}]}", "a_b string", "a_b:Int32@a.b a_b_2:Text@a_b")]
    public void Compatible_schema_keeps_the_table(string first, string second, string expected)
    {
        TableShape shape = Apply(Empty(), first);
        ShapeFit fit = ShapeEvolution.Fit(shape, Generic.Record(second));
        TableShape after = fit is ShapeFit.Widened widened ? widened.Shape : shape;
        Assert.IsNotType<ShapeFit.Incompatible>(fit);
        Assert.Equal(expected, Text(after));
        Assert.IsType<ShapeFit.Same>(ShapeEvolution.Fit(after, Generic.Record(first)));
        Assert.IsType<ShapeFit.Same>(ShapeEvolution.Fit(after, Generic.Record(second)));
    }

    [Theory]
    [InlineData("a int", "a long", "a:Int64@a")]
    [InlineData("a int", "a double", "a:Double@a")]
    [InlineData("a float", "a int", "a:Double@a")]
    [InlineData("a double", "a long", "a_double:Double@a.double a_long:Int64@a.long")]
    [InlineData("a long", "a string", "a_long:Int64@a.long a_text:Text@a.string")]
    [InlineData("a string", "a double", "a_text:Text@a.string a_double:Double@a.double")]
    [InlineData("a bytes", "a string", "a_bytes:Binary@a.bytes a_text:Text@a.string")]
    [InlineData("a double", "a [\"null\",\"double\",\"string\"]", "a_double:Double@a.double a_text:Text@a.string")]
    [InlineData("a boolean", "a {\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"X\"]}", "a:Text*@a")]
    [InlineData("a {\"type\":\"int\",\"logicalType\":\"date\"}", "a int", "a:Text*@a")]
    [InlineData(
        "a {\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":10,\"scale\":2}",
        "a {\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":12,\"scale\":6}", "a:Decimal(14,6)@a")]
    public void Incompatible_schema_makes_a_table_that_takes_both_for_good(string first, string second, string expected)
    {
        TableShape shape = Apply(Empty(), first);
        var fit = Assert.IsType<ShapeFit.Incompatible>(ShapeEvolution.Fit(shape, Generic.Record(second)));
        Assert.NotEmpty(fit.Reasons);
        Assert.Equal(expected, Text(fit.Shape));
        Assert.IsType<ShapeFit.Same>(ShapeEvolution.Fit(fit.Shape, Generic.Record(first)));
        Assert.IsType<ShapeFit.Same>(ShapeEvolution.Fit(fit.Shape, Generic.Record(second)));
    }

    [Fact]
    public void Schema_without_the_exploded_array_fits_no_table()
    {
        TableShape shape = TableShape.Of(Definition("items"), null);
        Assert.Equal(
            AvroErrors.Mapping, Assert.Throws<AvroException>(() => ShapeEvolution.Fit(shape, Generic.Record("a long"))).Code);
        Assert.Throws<AvroException>(() => ShapeEvolution.Fit(shape, Schema.Parse("\"string\"")));
    }

    /// <summary>However types alternate, tables come to rest: every schema fits, and none asks for another table again.</summary>
    [Fact]
    public void Random_types_come_to_rest()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        int tablesMax = 0;
        for (int run = 0; run < 300; run++)
        {
            (Schema Schema, object?[] Values)[] schemas = [.. Enumerable.Range(0, 6).Select(_ => Draw(random))];
            TableShape shape = Empty();
            int tables = 1;
            for (int i = 0; i < 60; i++)
            {
                ShapeFit fit = ShapeEvolution.Fit(shape, schemas[random.Next(schemas.Length)].Schema);
                tables += fit is ShapeFit.Incompatible ? 1 : 0;
                shape = fit switch
                {
                    ShapeFit.Widened widened => widened.Shape,
                    ShapeFit.Incompatible incompatible => incompatible.Shape,
                    _ => shape,
                };
            }

            tablesMax = Math.Max(tablesMax, tables);
            foreach ((Schema schema, _) in schemas.Concat(schemas))
            {
                ShapeFit fit = ShapeEvolution.Fit(shape, schema);
                shape = fit switch
                {
                    ShapeFit.Widened widened => widened.Shape,
                    ShapeFit.Incompatible incompatible => incompatible.Shape,
                    _ => shape,
                };
            }

            foreach ((Schema schema, object?[] values) in schemas)
            {
                Assert.True(
                    ShapeEvolution.Fit(shape, schema) is ShapeFit.Same, $"{schema} asks for another table than {Text(shape)}");
                AssertKept(shape, schema, values);
            }
        }

        output.WriteLine($"at most {tablesMax} tables");
        Assert.True(tablesMax <= 13, $"{tablesMax} tables for six schemas of three fields");
    }

    private static (string Type, object? Value)[] Types { get; } =
    [
        ("boolean", true), ("int", 1), ("long", 2L), ("float", 1.5f), ("double", 2.5), ("string", "s"), ("bytes", "b"u8.ToArray()),
        ("[\"null\",\"long\",\"string\"]", "s"), ("[\"null\",\"long\",\"string\"]", 3L), ("[\"int\",\"double\"]", 4),
        ("[\"int\",\"double\"]", 4.5), ("{\"type\":\"enum\",\"name\":\"E?\",\"symbols\":[\"X\"]}", "X"),
        ("{\"type\":\"fixed\",\"name\":\"F?\",\"size\":1}", new GenericFixed((FixedSchema)Schema.Parse("{\"type\":\"fixed\",\"name\":\"F\",\"size\":1}"), [7])),
        ("{\"type\":\"int\",\"logicalType\":\"date\"}", 5), ("{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}", 6L),
        ("{\"type\":\"array\",\"items\":\"string\"}", new object?[] { "x" }),
        ("{\"type\":\"map\",\"values\":\"int\"}", new Dictionary<string, object?> { ["k"] = 1 }),
        ("{\"type\":\"record\",\"name\":\"N?\",\"fields\":[{\"name\":\"b\",\"type\":\"int\"},{\"name\":\"c\",\"type\":\"string\"}]}",
            new object?[] { 1, "c" }),
        ("{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":9,\"scale\":2}", new byte[] { 1 }), ("string?", "s"), ("long?", 8L),
    ];

    private static (Schema Schema, object?[] Values) Draw(Random random)
    {
        (string Type, object? Value)[] drawn = random.GetItems(Types, 3);
        return (
            Generic.Record([.. drawn.Select((type, i) => $"{"abc"[i]} {type.Type.Replace("?\"", $"{i}\"", StringComparison.Ordinal)}")]),
            [.. drawn.Select(type => type.Value)]);
    }

    /// <summary>No value vanishes: each field of a record reaches a column.</summary>
    private static void AssertKept(TableShape shape, Schema schema, object?[] values)
    {
        var batch = new ColumnBatch([.. shape.Columns.Select(column => column.Field)]);
        var decoder = new ColumnDecoder(shape.Mapping!, batch, _ => schema);
        decoder.Append(1, GenericCodec.Encode(schema, Generic.Value(schema, values)));
        foreach (string field in new[] { "a", "b", "c" })
        {
            Assert.True(
                shape.Columns.Any(column => column.Path.Split('.')[0] == field && !batch[column.Field.Name].IsNull(0)),
                $"'{field}' of {schema} is in none of {Text(shape)}");
        }
    }

    private static TableDefinition Definition(string? explode = null) =>
        new("t", "f.t", null, explode, null, null, TablePartitioning.Date, FlushPolicy.Default);

    private static TableShape Empty() => TableShape.Of(Definition(), null);

    private static TableShape Apply(TableShape shape, params string[] fields) =>
        Assert.IsType<ShapeFit.Widened>(ShapeEvolution.Fit(shape, Generic.Record(fields))).Shape;

    private static string Text(TableShape shape) => string.Join(' ', shape.Columns.Select(column =>
        $"{column.Field.Name}:{column.Field.Type}"
        + (column.Field.Type == ColumnType.Decimal ? $"({column.Field.Precision},{column.Field.Scale})" : "")
        + $"{(column.HoldsAny ? "*" : "")}@{column.Path}"));
}

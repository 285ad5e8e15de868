using Fabric.Delta.Actions;
using Fabric.Delta.Commits;
using Fabric.Delta.Schema;

namespace Fabric.Delta.Tests;

public sealed class SchemaTests : IDisposable
{
    private readonly TestTable _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public void Parse_then_write_keeps_every_type_and_note()
    {
        const string text = "{\"type\":\"struct\",\"fields\":["
            + "{\"name\":\"a\",\"type\":\"string\",\"nullable\":true,\"metadata\":{\"comment\":\"é \\\"x\\\"\",\"delta.columnMapping.id\":1}},"
            + "{\"name\":\"b\",\"type\":\"decimal(38,18)\",\"nullable\":false,\"metadata\":{}},"
            + "{\"name\":\"c\",\"type\":{\"type\":\"array\",\"elementType\":\"timestamp_ntz\",\"containsNull\":false},\"nullable\":true,\"metadata\":{}},"
            + "{\"name\":\"d\",\"type\":{\"type\":\"map\",\"keyType\":\"byte\",\"valueType\":{\"type\":\"struct\",\"fields\":["
            + "{\"name\":\"e\",\"type\":\"void\",\"nullable\":true,\"metadata\":{}}]},\"valueContainsNull\":true},\"nullable\":true,\"metadata\":{}}]}";
        StructType schema = SchemaJson.Parse(text);
        Assert.Equal(text, SchemaJson.Write(schema));
        Assert.Equal(schema, SchemaJson.Parse(SchemaJson.Write(schema)));
        Assert.Equal(1, schema.Fields[0].ColumnId);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("\"long\"")]
    [InlineData("{\"type\":\"struct\"}")]
    [InlineData("{\"type\":\"struct\",\"fields\":[{}]}")]
    [InlineData("{\"type\":\"struct\",\"fields\":[{\"name\":\"a\",\"type\":\"int\",\"nullable\":true}]}")]
    [InlineData("{\"type\":\"struct\",\"fields\":[{\"name\":\"a\",\"type\":\"decimal(39,1)\",\"nullable\":true}]}")]
    [InlineData("{\"type\":\"struct\",\"fields\":[{\"name\":\"a\",\"type\":\"decimal(3,4)\",\"nullable\":true}]}")]
    [InlineData("{\"type\":\"struct\",\"fields\":[{\"name\":\"a\",\"type\":\"long\",\"nullable\":\"yes\"}]}")]
    [InlineData(
        "{\"type\":\"struct\",\"fields\":[{\"name\":\"a\",\"type\":\"long\",\"nullable\":true},{\"name\":\"A\",\"type\":\"long\",\"nullable\":true}]}")]
    [InlineData("{\"type\":\"struct\",\"fields\":[{\"name\":\"\",\"type\":\"long\",\"nullable\":true}]}")]
    public void Parse_invalid_schema_is_a_typed_error(string text) =>
        Assert.Equal(DeltaCode.SchemaInvalid, Assert.Throws<DeltaException>(() => SchemaJson.Parse(text)).Code);

    [Fact]
    public void Merge_says_same_widened_or_every_reason_against()
    {
        StructType table = Struct(("a", PrimitiveType.Long, false), ("b", PrimitiveType.String, true));
        Assert.IsType<SchemaMerge.Same>(SchemaEvolution.Merge(table, table));
        Assert.IsType<SchemaMerge.Same>(SchemaEvolution.Merge(table, Struct(("a", PrimitiveType.Long, false)))); // b stays

        StructType wider = Struct(("c", PrimitiveType.Date, true), ("b", PrimitiveType.String, true), ("a", PrimitiveType.Long, true));
        var widened = Assert.IsType<SchemaMerge.Widened>(SchemaEvolution.Merge(table, wider));
        Assert.Equal(["a", "b", "c"], widened.Schema.Fields.Select(field => field.Name));
        Assert.True(widened.Schema.Fields[0].Nullable);

        StructType other = Struct(
            ("B", PrimitiveType.String, true), ("a", PrimitiveType.Integer, false), ("d", PrimitiveType.Long, false));
        var refused = Assert.IsType<SchemaMerge.Incompatible>(SchemaEvolution.Merge(table, other));
        Assert.Equal(
            [
                "'a' is long in the table and integer now", "'B' differs from the table's 'b' only in case",
                "'d' is new and required, but old files do not have it",
            ], refused.Reasons);
        Assert.Equal(
            ["'a' is required in the table and missing now"],
            Assert.IsType<SchemaMerge.Incompatible>(SchemaEvolution.Merge(table, Struct(("b", PrimitiveType.String, true)))).Reasons);
    }

    [Fact]
    public async Task ChangeSchema_forbidden_change_is_refused_before_anything_is_written()
    {
        Snapshot at = await _test.CreateAsync();
        foreach (StructType wanted in new[]
        {
            Struct(("id", PrimitiveType.Integer, true)), Struct(("ID", PrimitiveType.Long, true)),
            Struct(("id", new DecimalType(20, 0), true)), Struct(("id", PrimitiveType.Long, true), ("x", PrimitiveType.Long, false)),
        })
        {
            Assert.Throws<ArgumentException>(() => _test.Table.Begin(at).ChangeSchema(wanted));
        }

        Assert.Equal(0, (await _test.Table.LoadAsync(default)).Version);
    }

    [Fact]
    public async Task CreateAsync_schema_or_property_outside_the_profile_is_refused_by_name()
    {
        (NewTable Table, string Code, string Word)[] cases =
        [
            (new NewTable(Struct(("t", PrimitiveType.TimestampNtz, true)), []), DeltaCode.ReadUnsupported, "timestampNtz"),
            (new NewTable(Struct(("t", PrimitiveType.Void, true)), []), DeltaCode.SchemaInvalid, "void"),
            (new NewTable(Struct(("a b", PrimitiveType.Long, true)), []), DeltaCode.SchemaInvalid, "a b"),
            (new NewTable(Struct(("a", PrimitiveType.Long, true)), ["a"]), DeltaCode.SchemaInvalid, "partition"),
            (new NewTable(TestTable.Schema, ["nope"]), DeltaCode.SchemaInvalid, "nope"),
            (new NewTable(Struct(("a", PrimitiveType.Long, true), ("A", PrimitiveType.Long, true)), []), DeltaCode.SchemaInvalid, "case"),
            (Property("delta.appendOnly", "true"), DeltaCode.WriteUnsupported, "delta.appendOnly"),
            (Property("delta.appendOnly", "false"), DeltaCode.WriteUnsupported, "delta.appendOnly"),
            (Property("delta.columnMapping.mode", "name"), DeltaCode.WriteUnsupported, "delta.columnMapping.mode"),
            (Property("delta.constraints.x", "a > 0"), DeltaCode.WriteUnsupported, "delta.constraints.x"),
        ];
        foreach ((NewTable table, string code, string word) in cases)
        {
            DeltaException e = await Assert.ThrowsAsync<DeltaException>(() => _test.Table.CreateAsync(table, default));
            Assert.Equal(code, e.Code);
            Assert.Contains(word, e.Message, StringComparison.Ordinal);
        }

        Assert.False(await _test.Table.ExistsAsync(default));
    }

    private static NewTable Property(string key, string value) =>
        new(TestTable.Schema, [], Configuration: new Dictionary<string, string?> { [key] = value });

    private static StructType Struct(params (string Name, DataType Type, bool Nullable)[] fields) =>
        new([.. fields.Select(field => new StructField(field.Name, field.Type, field.Nullable))]);
}

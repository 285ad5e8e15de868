namespace Fabric.Avro.Tests;

public sealed class SchemaCompatibilityTests
{
    private const string Point = """{"type":"record","name":"P","fields":[{"name":"x","type":"int"}]}""";
    private const string PointWithY = """
        {"type":"record","name":"P","fields":[{"name":"x","type":"int"},{"name":"y","type":"int"}]}
        """;

    private const string PointWithDefault = """
        {"type":"record","name":"P","fields":[{"name":"x","type":"long"},{"name":"y","type":"int","default":0}]}
        """;

    [Theory]
    [InlineData(PointWithY, Point, "READER_FIELD_MISSING_DEFAULT_VALUE /fields/1 y")]
    [InlineData(PointWithDefault, Point, "")]
    [InlineData(Point, PointWithDefault, "TYPE_MISMATCH /fields/0/type reader type: INT not compatible with writer type: LONG")]
    [InlineData("""{"type":"record","name":"Q","fields":[]}""", Point, "NAME_MISMATCH /name expected: P")]
    [InlineData("""{"type":"record","name":"n.P","fields":[]}""", Point, "")]
    [InlineData("""{"type":"record","name":"Q","aliases":["P"],"fields":[]}""", Point, "")]
    [InlineData("""{"type":"fixed","name":"F","size":2}""", """{"type":"fixed","name":"F","size":3}""",
        "FIXED_SIZE_MISMATCH /size expected: 3, found: 2")]
    [InlineData("""{"type":"enum","name":"E","symbols":["A"]}""", """{"type":"enum","name":"E","symbols":["A","B","C"]}""",
        "MISSING_ENUM_SYMBOLS /symbols [B, C]")]
    [InlineData("""{"type":"enum","name":"E","symbols":["A"],"default":"A"}""", """{"type":"enum","name":"E","symbols":["A","B"]}""", "")]
    [InlineData("""["null","long"]""", """["null","string"]""", "MISSING_UNION_BRANCH /1 reader union lacking writer type: STRING")]
    [InlineData("""["null","long"]""", "\"int\"", "")]
    [InlineData("""["null","int"]""", "\"long\"", "MISSING_UNION_BRANCH / reader union lacking writer type: LONG")]
    [InlineData("\"long\"", """["int","string"]""", "TYPE_MISMATCH / reader type: LONG not compatible with writer type: STRING")]
    [InlineData("""{"type":"map","values":"int"}""", """{"type":"map","values":"string"}""",
        "TYPE_MISMATCH /values reader type: INT not compatible with writer type: STRING")]
    public void Check_says_what_and_where(string reader, string writer, string expected)
    {
        IReadOnlyList<Incompatibility> reasons = SchemaCompatibility.Check(Schema.Parse(reader), Schema.Parse(writer));

        Assert.Equal(expected, string.Join("; ", reasons.Select(r => $"{r.TypeName} {r.Path} {r.Detail}")));
    }

    [Fact]
    public void Describe_is_worded_as_by_the_registry()
    {
        Incompatibility reason = SchemaCompatibility.Check(Schema.Parse(PointWithY), Schema.Parse(Point))[0];

        Assert.Equal(
            "{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE', description:'The field 'y' at path '/fields/1' in the new schema has no "
            + "default value and is missing in the old schema', additionalInfo:'y'}",
            reason.Describe(readerIsNew: true));
    }

    [Theory]
    [InlineData(CompatibilityLevel.None, true)]
    [InlineData(CompatibilityLevel.Backward, true)]
    [InlineData(CompatibilityLevel.BackwardTransitive, false)]
    [InlineData(CompatibilityLevel.Forward, true)]
    [InlineData(CompatibilityLevel.ForwardTransitive, true)]
    [InlineData(CompatibilityLevel.Full, true)]
    [InlineData(CompatibilityLevel.FullTransitive, false)]
    public void Check_of_a_level_asks_the_versions_it_names(CompatibilityLevel level, bool compatible)
    {
        // The candidate reads version 2 but not version 1; both read the candidate.
        Schema[] registered = [Schema.Parse(Point), Schema.Parse(PointWithY)];

        Assert.Equal(compatible, SchemaCompatibility.Check(level, Schema.Parse(PointWithY), registered).Count == 0);
    }

    [Fact]
    public void Check_without_versions_is_compatible() =>
        Assert.Empty(SchemaCompatibility.Check(CompatibilityLevel.FullTransitive, Schema.Parse(Point), []));

    [Fact]
    public void Check_of_recursive_types_ends()
    {
        Schema list = Schema.Parse("""{"type":"record","name":"L","fields":[{"name":"next","type":["null","L"]},{"name":"v","type":"int"}]}""");
        Schema wider = Schema.Parse("""{"type":"record","name":"L","fields":[{"name":"next","type":["null","L"]},{"name":"v","type":"long"}]}""");

        Assert.Empty(SchemaCompatibility.Check(wider, list));
        Assert.NotEmpty(SchemaCompatibility.Check(list, wider));
    }

    [Theory]
    [InlineData("backward_transitive", CompatibilityLevel.BackwardTransitive)]
    [InlineData("NONE", CompatibilityLevel.None)]
    public void Levels_are_parsed_and_spelled(string text, CompatibilityLevel level)
    {
        Assert.True(CompatibilityLevels.TryParse(text, out CompatibilityLevel parsed));
        Assert.Equal((level, text.ToUpperInvariant()), (parsed, parsed.ToText()));
        Assert.False(CompatibilityLevels.TryParse("SIDEWARD", out _));
    }
}

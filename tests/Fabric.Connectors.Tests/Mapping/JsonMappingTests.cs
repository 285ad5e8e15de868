using System.Text;
using Fabric.Connectors.Payload;
using Fabric.Connectors.Runner;
using static Fabric.Connectors.Tests.Mapping.MappingFixture;

namespace Fabric.Connectors.Tests.Mapping;

public class JsonMappingTests
{
    [Fact]
    public void Every_leaf_is_a_point_named_by_where_it_stands() => Assert.Equal(
        [
            "a=1L|number|Good|||connector", "b.c=2.5D|number|Good|||connector", "b.d[0]=true|boolean|Good|||connector",
            "b.d[1]='x'|string|Good|||connector", "b.d[2].e=null|null|Bad|null||connector",
        ],
        Tell(Options(), """{"a":1,"b":{"c":2.5,"d":[true,"x",{"e":null}]}}"""));

    [Fact]
    public void Topic_point_goes_before_the_names() => Assert.Equal(
        ["pump.x=1L|number|Good|||connector", "pump.y[0]=2L|number|Good|||connector"], Tell(Options(), """{"x":1,"y":[2]}""", "pump"));

    [Theory]
    [InlineData("21", "p=21L|number|Good|||connector")]
    [InlineData("\"on\"", "p='on'|string|Good|||connector")]
    [InlineData("false", "p=false|boolean|Good|||connector")]
    [InlineData("null", "p=null|null|Bad|null||connector")]
    public void Bare_value_is_the_topic_point(string payload, string expected) =>
        Assert.Equal([expected], Tell(Options(), payload, "p"));

    [Fact]
    public void Declared_value_time_quality_and_unit_are_taken_wherever_they_stand()
    {
        PayloadOptions options = Options() with
        {
            Value = Path("$.v"), Time = Path("$.meta.t"), Quality = Path("$.q"), Unit = Path("$.u"),
        };
        string[] expected = ["p=1.5D|number|Uncertain|64|°C|1700000000123000"];
        Assert.Equal(expected, Tell(options, """{"v":1.5,"x":9,"meta":{"t":1700000000123},"q":64,"u":"°C"}""", "p"));
        Assert.Equal(expected, Tell(options, """{"u":"°C","q":"64","meta":{"t":"2023-11-14T22:13:20.123Z"},"v":1.5}""", "p"));
    }

    [Fact]
    public void Array_of_values_is_point_and_index() => Assert.Equal(
        ["p[0]=1L|number|Good|||connector", "p[1]=null|null|Bad|null||connector", "p[2]=3L|number|Good|||connector"],
        Tell(Options() with { Value = Path("$.values[*]") }, """{"values":[1,null,3]}""", "p"));

    [Fact]
    public void Records_have_their_own_name_time_quality_and_unit()
    {
        PayloadOptions options = Options() with
        {
            Point = Path("$.m[*].name"), Value = Path("$.m[*].v"), Time = Path("$.m[*].t"), Quality = Path("$.m[*].q"),
            Unit = Path("$.unit"), TimeUnit = TimeUnit.Seconds,
        };
        Assert.Equal(
            ["g.flow=1L|number|Good||bar|5000000", "g.speed=2L|number|Bad|bad|bar|7000000", "g.idle=null|null|Bad|null|bar|connector"],
            Tell(options, """{"m":[{"name":"flow","v":1,"t":5},{"q":"bad","t":7,"v":2,"name":"speed"},{"v":null,"name":"idle"}],"unit":"bar"}""", "g"));
    }

    [Fact]
    public void Records_at_the_root_with_several_fields_keep_the_rest_of_the_path() => Assert.Equal(
        ["a.x=1L|number|Good|||1000", "a.y.z=2L|number|Good|||1000", "b.x=3L|number|Good|||2000"],
        Tell(
            Options() with { Point = Path("$[*].id"), Time = Path("$[*].t") },
            """[{"x":1,"y":{"z":2},"id":"a","t":1},{"id":"b","t":2,"x":3}]"""));

    [Fact]
    public void Record_without_a_name_is_rejected() => Assert.Equal(
        ["POINT_MISSING"], Tell(Options() with { Point = Path("$[*].id") }, """[{"x":1}]"""));

    [Theory]
    [InlineData("9223372036854775807", "9223372036854775807L")]
    [InlineData("-9223372036854775808", "-9223372036854775808L")]
    [InlineData("9223372036854775808", "'9223372036854775808'")]
    [InlineData("18446744073709551615", "'18446744073709551615'")]
    [InlineData("18446744073709551616", "1.8446744073709552E+19D")]
    [InlineData("0.1", "0.1D")]
    [InlineData("1E3", "1000D")]
    [InlineData("1.0", "1D")]
    [InlineData("-0", "-0D")]
    [InlineData("5e-324", "5E-324D")]
    [InlineData("1.7976931348623157e308", "1.7976931348623157E+308D")]
    public void Numbers_are_exact_where_they_can_be(string number, string expected) =>
        Assert.Equal([$"p={expected}|number|Good|||connector"], Tell(Options(), number, "p"));

    [Theory]
    [InlineData("", "PAYLOAD_EMPTY")]
    [InlineData("\uFEFF", "PAYLOAD_EMPTY")]
    [InlineData("{", "PAYLOAD_NOT_JSON")]
    [InlineData("{\"a\":1} x", "PAYLOAD_NOT_JSON")]
    [InlineData("{'a':1}", "PAYLOAD_NOT_JSON")]
    [InlineData("{}", "PAYLOAD_WITHOUT_VALUES")]
    [InlineData("[[],{}]", "PAYLOAD_WITHOUT_VALUES")]
    [InlineData("1e999", "NUMBER_OUT_OF_RANGE")]
    [InlineData("{\"a\":\"\\ud800\"}", "PAYLOAD_NOT_UTF8")]
    public void What_does_not_parse_is_rejected_by_a_rule(string payload, string rule) =>
        Assert.Equal([rule], Tell(Options(), payload, "p"));

    [Fact]
    public void Byte_order_mark_is_passed_over() =>
        Assert.Equal(["p=1L|number|Good|||connector"], Tell(Options(), "\uFEFF1", "p"));

    [Fact]
    public void Missing_time_is_the_connector_clock_and_a_wrong_one_is_rejected()
    {
        PayloadOptions options = Options() with { Time = Path("$.t") };
        Assert.Equal(["a=1L|number|Good|||connector"], Tell(options, """{"a":1}"""));
        Assert.Equal(["a=1L|number|Good|||connector"], Tell(options, """{"a":1,"t":null}"""));
        Assert.Equal(["TIME_INVALID"], Tell(options, """{"a":1,"t":"never"}"""));
        Assert.Equal(["TIME_INVALID"], Tell(options, """{"a":1,"t":true}"""));
        Assert.Equal(["TIME_INVALID"], Tell(options, """{"a":1,"t":1e30}"""));
    }

    [Fact]
    public void Missing_value_is_rejected_and_nothing_personal_stays_marked()
    {
        PayloadOptions options = Options() with { Value = Path("$.v") };
        Assert.Equal(["VALUE_MISSING"], Tell(options, """{"w":1}"""));
        (PayloadVerdict verdict, _, SourceBatch batch) =
            Map(Options() with { Personal = [Path("$.who")] }, """{"who":"Ann","x":1e999}"""u8);
        Assert.False(verdict.IsMapped);
        Assert.Empty(batch.PersonalValues);
        Assert.DoesNotContain("Ann", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Personal_fields_are_marked_in_every_record()
    {
        (_, _, SourceBatch batch) = Map(
            Options() with { Personal = [Path("$.crew[*].badge")] }, """{"crew":[{"badge":"B1","n":1},{"badge":"B2"}],"x":1}"""u8);
        Assert.Equal([0, 2], batch.PersonalValues.Select(value => value.Sample));
    }

    [Fact]
    public void Names_that_are_too_long_together_are_rejected()
    {
        string name = new('n', 600);
        Assert.Equal(["PATH_TOO_LONG"], Tell(Options(), $$$"""{"{{{name}}}":{"{{{name}}}":1}}"""));
        Assert.Equal(["PATH_TOO_LONG"], Tell(Options(), $$"""{"{{new string('n', 1_020)}}":[1]}"""));
    }

    [Fact]
    public void Escaped_names_and_texts_are_read() => Assert.Equal(
        ["größe.\"x\"='a\nb'|string|Good|||connector"], Tell(Options(), """{"gr\u00f6\u00dfe":{"\"x\"":"a\nb"}}"""));

    [Theory]
    [InlineData("GOOD", "Good", null)]
    [InlineData("Ok", "Good", null)]
    [InlineData("192", "Good", null)]
    [InlineData("216", "Good", null)]
    [InlineData("64", "Uncertain", "64")]
    [InlineData("0", "Bad", "0")]
    [InlineData("24", "Bad", "24")]
    [InlineData("0x00000000", "Good", null)]
    [InlineData("0x80340000", "Bad", "0x80340000")]
    [InlineData("1083179008", "Uncertain", "1083179008")]
    [InlineData("true", "Good", null)]
    [InlineData("false", "Bad", "false")]
    [InlineData("whatever", "Uncertain", "whatever")]
    [InlineData("run", "Good", null)]
    [InlineData("7", "Bad", "7")]
    public void Quality_words_and_codes(string word, string quality, string? status)
    {
        QualityWords words = QualityWords.Usual.With(["RUN"], [], ["7"]);
        Assert.Equal((quality, status), (words.Of(word, out string? found).ToString(), found));
    }

    [Fact]
    public void Mapper_is_used_again_without_a_trace_of_the_message_before()
    {
        PayloadOptions options = Options() with { Time = Path("$.t"), Quality = Path("$.q"), Unit = Path("$.u") };
        var mapper = new PayloadMapper(options);
        var batch = new SourceBatch();
        foreach (string payload in new[] { """{"a":1,"t":5,"q":"bad","u":"m"}""", """{"b":2}""" })
        {
            batch.Clear();
            Schemas.Observation observation = batch.Observations.Add();
            observation.Samples.Clear();
            observation.ReceivedAtMicros = ReceivedAtMicros;
            mapper.Map(Encoding.UTF8.GetBytes(payload), "", observation, batch);
            if (payload.Contains('b', StringComparison.Ordinal) && !payload.Contains('t', StringComparison.Ordinal))
            {
                Schemas.Sample sample = Assert.Single(observation.Samples);
                Assert.Equal(
                    ("b", Schemas.Quality.Good, null, null, Schemas.Clock.Connector, ReceivedAtMicros),
                    (sample.Point, sample.Quality, sample.Status, sample.Unit, sample.Clock, sample.ObservedAtMicros));
            }
        }
    }
}

using System.Text;
using Fabric.Connectors.Payload;
using static Fabric.Connectors.Tests.Mapping.MappingFixture;

namespace Fabric.Connectors.Tests.Mapping;

/// <summary>Number, text and CSV payloads.</summary>
public class TextMappingTests
{
    [Theory]
    [InlineData("21.5", "p=21.5D|number|Good|||connector")]
    [InlineData(" 21 \r\n", "p=21L|number|Good|||connector")]
    [InlineData("21\0", "p=21L|number|Good|||connector")]
    [InlineData("-1e3", "p=-1000D|number|Good|||connector")]
    [InlineData("21,5", "PAYLOAD_NOT_NUMBER")]
    [InlineData("1 2", "PAYLOAD_NOT_NUMBER")]
    [InlineData("NaN", "PAYLOAD_NOT_NUMBER")]
    [InlineData("Infinity", "PAYLOAD_NOT_NUMBER")]
    [InlineData("0x10", "PAYLOAD_NOT_NUMBER")]
    [InlineData("", "PAYLOAD_EMPTY")]
    [InlineData(" ", "PAYLOAD_NOT_NUMBER")]
    public void Number(string payload, string expected) =>
        Assert.Equal([expected], Tell(Options(PayloadFormat.Number), payload, "p"));

    [Fact]
    public void Number_with_a_decimal_comma() => Assert.Equal(
        ["p=-21.5D|number|Good|||connector"], Tell(Options(PayloadFormat.Number) with { DecimalComma = true }, "-21,5", "p"));

    [Fact]
    public void Text_is_taken_as_it_is()
    {
        Assert.Equal(["p=' läuft '|text|Good|||connector"], Tell(Options(PayloadFormat.Text), " läuft ", "p"));
        Assert.Equal("PAYLOAD_NOT_UTF8", Map(Options(PayloadFormat.Text), [0xC3, 0x28], "p").Verdict.Rule);
    }

    [Fact]
    public void Csv_columns_are_points()
    {
        PayloadOptions options = Csv("time", "flow", "", "state", "q") with { Time = PayloadPath.Column("time"), Quality = PayloadPath.Column("q") };
        Assert.Equal(
            ["g.flow=12.5D|csv|Good|||1583748873000000", "g.state='on; \"slow\"'|csv|Good|||1583748873000000"],
            Tell(options, "2020-03-09 10:14:33;12.5;ignored;\"on; \"\"slow\"\"\";192\r\n", "g"));
        Assert.Equal(
            ["flow=null|csv|Bad|null||connector", "state='x'|csv|Bad|bad||connector"], Tell(options, ";;;x;bad"));
    }

    [Fact]
    public void Csv_with_decimal_comma_and_one_value_column() => Assert.Equal(
        ["p=-3.25D|csv|Good|||connector"],
        Tell(Csv("a", "b") with { DecimalComma = true, Value = PayloadPath.Column("b") }, "1;-3,25", "p"));

    [Theory]
    [InlineData("1;2", "CSV_CELLS")]
    [InlineData("1;2;3;4", "CSV_CELLS")]
    [InlineData("1;2;", "a=1L")]
    [InlineData("1;\"2;3", "CSV_QUOTE")]
    [InlineData("1;\"2\"x;3", "CSV_QUOTE")]
    [InlineData("never;1;2", "TIME_INVALID")]
    public void Csv_that_is_not_what_was_declared(string line, string expected)
    {
        PayloadOptions options = line.StartsWith("never", StringComparison.Ordinal)
            ? Csv("a", "b", "c") with { Time = PayloadPath.Column("a") }
            : Csv("a", "b", "c");
        Assert.StartsWith(expected, Tell(options, line)[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Csv_personal_columns_are_marked() => Assert.Equal(
        [1], Map(Csv("x", "who") with { Personal = [Path("$.who")] }, "1;Ann"u8).Batch.PersonalValues.Select(value => value.Sample));

    [Fact]
    public void Csv_rejects_bytes_that_are_no_text() =>
        Assert.Equal("PAYLOAD_NOT_UTF8", Map(Csv("a"), [0xFF]).Verdict.Rule);

    /// <summary>Quoting is undone exactly: any cells, written by the rules, come back.</summary>
    [Fact]
    public void Csv_cells_come_back_whatever_is_in_them()
    {
        var random = new Random(11);
        const string alphabet = "ab;\"\n ,.x";
        for (int round = 0; round < 2_000; round++)
        {
            string[] cells = [.. Enumerable.Range(0, 4).Select(_ =>
                "t" + string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => alphabet[random.Next(alphabet.Length)])) + "t")];
            string line = string.Join(';', cells.Select(cell =>
                cell.AsSpan().IndexOfAny(";\"\n") >= 0 || random.Next(3) == 0 ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell));
            (PayloadVerdict verdict, Schemas.Observation observation, _) = Map(Csv("a", "b", "c", "d"), Encoding.UTF8.GetBytes(line));
            Assert.True(verdict.IsMapped, line);
            Assert.Equal(cells, observation.Samples.Select(sample => sample.Value.AsString()));
        }
    }

    private static PayloadOptions Csv(params string[] columns) => Options(PayloadFormat.Csv) with { Columns = columns };
}

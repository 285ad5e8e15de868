using Fabric.Connectors.Payload;
using static Fabric.Connectors.Tests.Mapping.MappingFixture;

namespace Fabric.Connectors.Tests.Mapping;

public class PayloadOptionsTests
{
    [Fact]
    public void Validate_finds_nothing_wrong_with_the_usual_forms()
    {
        Assert.Empty(Options().Validate());
        Assert.Empty((Options() with { Point = Path("$.m[*].n"), Value = Path("$.m[*].v"), Time = Path("$.t") }).Validate());
        Assert.Empty((Options() with { Value = Path("$.a[*].b[*]") }).Validate());
        Assert.Empty((Options(PayloadFormat.Csv) with { Columns = ["t", "a", "", ""], Time = PayloadPath.Column("t") }).Validate());
    }

    [Fact]
    public void Validate_reports_every_mistake_with_its_key()
    {
        PayloadOptions csv = Options(PayloadFormat.Csv) with
        {
            Columns = ["time", "a", "a"], Time = PayloadPath.Column("tiem"), Separator = ',', DecimalComma = true,
        };
        Assert.Equal(["columns", "time", "decimalComma"], csv.Validate().Select(problem => problem.Path));
        Assert.Contains("time", csv.Validate()[1].Message, StringComparison.Ordinal);
        Assert.Equal(["columns"], (Options(PayloadFormat.Csv)).Validate().Select(problem => problem.Path));
        Assert.Equal(["columns"], (Options() with { Columns = ["a"] }).Validate().Select(problem => problem.Path));
        Assert.Equal(["point"], (Options() with { Point = Path("$.name") }).Validate().Select(problem => problem.Path));
        Assert.Equal(
            ["time"], (Options() with { Point = Path("$.m[*].n"), Time = Path("$.other[*].t") }).Validate().Select(problem => problem.Path));
        Assert.Equal(
            ["time"], (Options() with { Time = Path("$.m[*].k[*].t") }).Validate().Select(problem => problem.Path));
    }

    [Theory]
    [InlineData("$.a", "a", true)]
    [InlineData("$.a", "a.b", false)]
    [InlineData("$.a.b[0]", "a.b[0]", true)]
    [InlineData("$.items[*].v", "items[12].v", true)]
    [InlineData("$.items[*].v", "items[12].w", false)]
    [InlineData("$[*].v", "[3].v", true)]
    [InlineData("$[*]", "[3]", true)]
    [InlineData("$.a[*][*]", "a[1][2]", true)]
    public void Matches_what_it_names(string path, string place, bool expected) =>
        Assert.Equal(expected, Path(path).Matches(System.Text.Encoding.UTF8.GetBytes(place)));

    [Theory]
    [InlineData("a.b")]
    [InlineData("$")]
    [InlineData("$.")]
    [InlineData("$..a")]
    [InlineData("$.a[")]
    [InlineData("$.a[-1]")]
    [InlineData("$.a[x]")]
    [InlineData("$a")]
    [InlineData("$.a[?(@.b)]")]
    public void Parse_refuses_what_is_no_path(string path) => Assert.Null(PayloadPath.Parse(path));
}

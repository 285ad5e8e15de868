using Fabric.Core.Options;
using Fabric.Testing;

namespace Fabric.Core.Tests.Options;

public sealed class OptionReaderTests
{
    [Fact]
    public void Read_every_kind_of_value()
    {
        OptionReader reader = Read("""
            name: plant7
            quoted: "007"
            count: 1_000
            ratio: 0.25
            on: true
            every: 90s
            size: 128MiB
            word: zstd
            list: [a, b]
            single: a
            nothing: ~
            map: { x: 1, y: two }
            sections:
              - { n: 1 }
              - { n: 2 }
            """);
        Assert.Equal("plant7", reader.RequiredText("name", "a name"));
        Assert.Equal("007", reader.Text("quoted"));
        Assert.Equal(1000, reader.Integer("count", 1, 0, 5000));
        Assert.Equal(0.25, reader.Number("ratio", 1, 0, 1));
        Assert.True(reader.Boolean("on", false));
        Assert.Equal(TimeSpan.FromSeconds(90), reader.Duration("every", default, TimeSpan.Zero, TimeSpan.FromHours(1)));
        Assert.Equal(128 << 20, reader.ByteSize("size", 0, 1, long.MaxValue));
        Assert.Equal(2, reader.Choice("word", 0, ("lz4", 1), ("zstd", 2)));
        Assert.Equal(["a", "b"], reader.Texts("list"));
        Assert.Equal(["a"], reader.Texts("single"));
        Assert.Null(reader.Text("nothing"));
        Assert.Equal(["x", "y"], reader.Entries("map").Select(entry => entry.Key));
        Assert.Equal([1L, 2L], reader.Sections("sections").Select(section => section.Integer("n", 0, 0, 9)));
        reader.Finish();
        Assert.Empty(reader.Document.Problems);
    }

    [Fact]
    public void Read_reports_all_mistakes_with_path_line_and_suggestion()
    {
        OptionReader reader = Read("""
            nmae: plant7
            count: many
            every: 5 parsecs
            word: zsdt
            secret: hunter2
            section:
              flag: yes
            list: { a: 1 }
            """);
        reader.RequiredText("name", "the fabric's name");
        reader.Integer("count", 1, 0, 9);
        reader.Duration("every", default, TimeSpan.Zero, TimeSpan.FromHours(1));
        reader.Choice("word", 0, ("lz4", 1), ("zstd", 2));
        Assert.Null(reader.Secret("secret"));
        OptionReader section = reader.Section("section")!;
        section.Boolean("flag", false);
        section.Finish();
        reader.Sections("list");
        reader.Finish();
        Assert.Equal(
            [
                "f.yaml:1:1: name: missing: expected the fabric's name",
                "f.yaml:1:1: nmae: unknown key 'nmae'; did you mean 'name'?",
                "f.yaml:2:8: count: expected a whole number from 0 to 9, found 'many'",
                "f.yaml:3:8: every: expected a duration from 0ms to 1h, such as 500ms, 30s, 5m, 1h or 7d, found '5 parsecs'",
                "f.yaml:4:7: word: unknown value 'zsdt'; did you mean 'zstd'?",
                "f.yaml:5:9: secret: a secret is written as ${env:NAME} or ${file:path}, never as its value",
                "f.yaml:7:9: section.flag: expected true or false, found 'yes'",
                "f.yaml:8:7: list: expected a list, found a map",
            ],
            reader.Document.Problems.Select(problem => problem.ToString()));
        Assert.DoesNotContain(reader.Document.Problems, problem => problem.ToString().Contains("hunter2"));
    }

    [Fact]
    public void Placeholders_resolve_and_are_never_printed()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["password.txt"], "s3cret-file\n");
        var document = OptionDocument.Parse(
            "url: mqtt://${env:HOST}:1883\nport: ${env:PASSWORD}\na: ${env:PASSWORD}\nb: ${file:password.txt}\nc: ${env:NONE}\n"
            + "d: ${file:none}\ne: ${vault:x}\nf: ${env:HOST\ng: ${env:PASSWORD}\n",
            "f.yaml", folder.Path, name => name switch { "HOST" => "broker", "PASSWORD" => "s3cret", _ => null });
        var reader = new OptionReader(document, document.Root);
        Assert.Equal("mqtt://broker:1883", reader.Text("url"));
        Assert.Equal(7, reader.Integer("port", 7, 0, 9));
        Secret secret = reader.Secret("a")!;
        Assert.Equal("s3cret", secret.Reveal());
        Assert.Equal("${env:PASSWORD}", secret.ToString());
        Assert.Equal("s3cret-file", reader.Secret("b")!.Reveal());
        Assert.Null(reader.Secret("c"));
        Assert.Null(reader.Text("d"));
        Assert.Null(reader.Text("e"));
        Assert.Null(reader.Text("f"));
        reader.Choice("g", 0, ("x", 1));
        reader.Finish();
        Assert.Equal(6, document.Problems.Count);
        Assert.DoesNotContain(document.Problems, problem => problem.ToString().Contains("s3cret"));
    }

    [Theory]
    [InlineData("a: [1, 2", "not YAML")]
    [InlineData("- a\n- b", "expected a map at the top")]
    [InlineData("a: 1\na: 2", "appears twice")]
    [InlineData("a: &x 1\nb: 2", "anchors (&name)")]
    [InlineData("b: *x", "aliases (*name)")]
    [InlineData("a: 1\n---\nb: 2", "another after it")]
    [InlineData("[x]: 1", "expected a key")]
    public void Parse_what_is_not_a_plain_map_says_why(string yaml, string expected)
    {
        var document = OptionDocument.Parse(yaml, "f.yaml", "/", _ => null);
        Assert.Contains(document.Problems, problem => problem.Message.Contains(expected, StringComparison.Ordinal));
        Assert.Throws<OptionsException>(document.ThrowIfInvalid);
    }

    [Fact]
    public void Parse_bounds_depth_and_size()
    {
        string deep = "a: " + new string('[', 10_000);
        Assert.Contains("deeper", OptionDocument.Parse(deep, "f", "/", _ => null).Problems[0].Message);
        string large = "a: " + new string('x', OptionDocument.SizeBytesMax);
        Assert.Contains("at most", OptionDocument.Parse(large, "f", "/", _ => null).Problems[0].Message);
        Assert.Contains("cannot be read", OptionDocument.Load("/none/such.yaml", _ => null).Problems[0].Message);
        Assert.Empty(OptionDocument.Parse("", "f", "/", _ => null).Problems);
    }

    private static OptionReader Read(string yaml)
    {
        var document = OptionDocument.Parse(yaml, "f.yaml", "/", _ => null);
        Assert.Empty(document.Problems);
        return new OptionReader(document, document.Root);
    }
}

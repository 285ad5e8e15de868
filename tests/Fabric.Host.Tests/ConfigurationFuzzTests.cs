using System.Text;
using System.Text.RegularExpressions;
using Fabric.Core.Options;
using Fabric.Host.Configuration;
using Fabric.Testing;
using Fabric.Twins;
using Xunit.Abstractions;

namespace Fabric.Host.Tests;

/// <summary>
/// Mutated configurations and twins: whatever a file says, every mistake is a problem with a place, and nothing else comes out.
/// </summary>
public sealed partial class ConfigurationFuzzTests(ITestOutputHelper output)
{
    private const int BytesMax = 8 << 20;

    private static readonly string Example =
        File.ReadAllText(Path.Combine(TestData.RepositoryRoot, "examples", "skab", "fabric.yaml"));

    /// <summary>Kinds of mistakes that either file can have: the first words of what is said, names left out.</summary>
    private static readonly string[] CommonKinds =
    [
        "not YAML", "anchors (&name)", "_ appears", "unknown key", "missing: expected", "expected a", "expected an", "a placeholder",
        "the environment", "the file",
    ];

    private static readonly string[] FabricKinds =
    [
        "_ is", "cannot be", "expected _", "expected letters,", "subscribe_: expected", "unknown kind", "unknown table",
        "unknown topology", "unknown value",
    ];

    private static readonly string[] TwinKinds = ["_ must", "_ already"];

    private static readonly string[] Words =
    [
        "fabric", "connectors", "kind", "mqtt", "modbus", "drift", "privacy", "${env:X}", "${file:none}", "${", "}", "&a", "*a",
        "[", "]", "{", "}", ":", "- ", "~", "\"", "'", "|", "\n", "\t", "1e999", "-1", "5m", "7d", "1GiB", "true", "null", "\0",
        "é", "💥", "---", "? ", "!!binary x", "%YAML 9.9",
    ];

    [Fact]
    public void Read_mutated_fabric_yaml_only_problems_come_out() => Fuzz(
        [
            File.ReadAllText(Path.Combine(TestData.RepositoryRoot, "host", "Demo", "fabric.yaml"))
                .Replace("{mqttPort}", "1883", StringComparison.Ordinal),
            Example,
            Example.Replace("twins: twins.yaml", "# no file beside it", StringComparison.Ordinal),
        ],
        [.. CommonKinds, .. FabricKinds],
        document =>
        {
            FabricConfiguration.Read(document, _ => null, out IReadOnlyList<OptionProblem> problems);
            return problems;
        });

    [Fact]
    public void Read_mutated_twins_yaml_only_problems_come_out() => Fuzz(
        [string.Join('\n', File.ReadLines(Path.Combine(TestData.RepositoryRoot, "host", "Demo", "twins.yaml")).Take(30)),
            """
            assets:
              - { id: a, model: M, path: p, signals: { s: { unit: Cel, points: [{ point: s/d/p, from: 2026-01-01, to: 2027-01-01, scale: 2 }] } } }
            """],
        [.. CommonKinds, .. TwinKinds],
        document =>
        {
            TwinFile.Read(document);
            return document.Problems;
        });

    private void Fuzz(string[] corpus, string[] kinds, Func<OptionDocument, IReadOnlyList<OptionProblem>> read)
    {
        int seed = Seed.Next();
        var random = new Random(seed);
        output.WriteLine($"seed {seed}");
        var histogram = new FuzzHistogram();
        for (int i = 0; i < FuzzHistogram.Inputs; i++)
        {
            string text = Mutate(corpus[i % corpus.Length], random);
            (OptionDocument document, IReadOnlyList<OptionProblem> problems) = histogram.Measure(() =>
            {
                OptionDocument parsed = OptionDocument.Parse(text, "f.yaml", "/nowhere", _ => null);
                return (parsed, read(parsed));
            });
            histogram.Add(problems.Count == 0 ? null : KindOf(problems), isPastHeader: document.Root.Entries.Count > 0);
            Assert.All(problems.Take(20), problem => Assert.True(problem.Line >= 1 && problem.Column >= 1, problem.ToString()));
        }

        histogram.Print(output);
        histogram.AssertReaches(kinds, BytesMax);
    }

    // A text that is no YAML is that above all, whatever is missing in it.
    private static string KindOf(IReadOnlyList<OptionProblem> problems)
    {
        OptionProblem problem = problems.FirstOrDefault(one => one.Message.StartsWith("not YAML", StringComparison.Ordinal)) ?? problems[0];
        string[] words = Names().Replace(problem.Message, "_").Split(' ');
        return string.Join(' ', words.Take(2)).TrimEnd(':');
    }

    // What stands in quotes, and indexes.
    [GeneratedRegex(@"'[^']*'?|\[\d+\]")]
    private static partial Regex Names();

    private static string Mutate(string text, Random random)
    {
        var mutated = new StringBuilder(text);
        for (int edits = random.Next(1, 4); edits > 0 && mutated.Length > 0; edits--)
        {
            int at = random.Next(mutated.Length);
            switch (random.Next(5))
            {
                case 0:
                    mutated.Insert(at, Words[random.Next(Words.Length)]);
                    break;
                case 1:
                    mutated.Remove(at, Math.Min(random.Next(1, 12), mutated.Length - at));
                    break;
                case 2:
                    mutated[at] = (char)random.Next(32, 127);
                    break;
                case 3:
                    ReplaceWord(mutated, at, Words[random.Next(Words.Length)]);
                    break;
                default:
                    int length = Math.Min(random.Next(1, 80), mutated.Length - at);
                    mutated.Insert(random.Next(mutated.Length), mutated.ToString(at, length));
                    break;
            }
        }

        return mutated.ToString();
    }

    private static void ReplaceWord(StringBuilder text, int at, string word)
    {
        int start = at, end = at;
        while (start > 0 && char.IsLetterOrDigit(text[start - 1]))
        {
            start--;
        }

        while (end < text.Length && char.IsLetterOrDigit(text[end]))
        {
            end++;
        }

        text.Remove(start, end - start).Insert(start, word);
    }
}

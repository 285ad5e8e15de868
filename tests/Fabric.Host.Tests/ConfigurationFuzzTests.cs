using System.Text;
using Fabric.Core.Options;
using Fabric.Host.Configuration;
using Fabric.Testing;
using Fabric.Twins;
using Xunit.Abstractions;

namespace Fabric.Host.Tests;

/// <summary>
/// Mutated configurations and twins: whatever a file says, every mistake is a problem with a place, and nothing else comes out.
/// </summary>
public sealed class ConfigurationFuzzTests(ITestOutputHelper output)
{
    private const int Inputs = 100_000;

    private static readonly string[] Words =
    [
        "fabric", "connectors", "kind", "mqtt", "modbus", "drift", "privacy", "${env:X}", "${file:none}", "${", "}", "&a", "*a",
        "[", "]", "{", "}", ":", "- ", "~", "\"", "'", "|", "\n", "\t", "1e999", "-1", "5m", "7d", "1GiB", "true", "null", "\0",
        "é", "💥", "---", "? ", "!!binary x", "%YAML 9.9",
    ];

    [Fact]
    public void Read_mutated_fabric_yaml_only_problems_come_out() => Fuzz(
        [
            File.ReadAllText(Path.Combine(TestData.RepositoryRoot, "host", "Demo", "fabric.yaml")),
            File.ReadAllText(Path.Combine(TestData.RepositoryRoot, "examples", "skab", "fabric.yaml")),
        ],
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
        document =>
        {
            TwinFile.Read(document);
            return document.Problems;
        });

    private void Fuzz(string[] corpus, Func<OptionDocument, IReadOnlyList<OptionProblem>> read)
    {
        int seed = Seed.Next();
        var random = new Random(seed);
        var histogram = new Dictionary<string, int>(StringComparer.Ordinal);
        int parsed = 0;
        for (int i = 0; i < Inputs; i++)
        {
            string text = Mutate(corpus[i % corpus.Length], random);
            OptionDocument document = OptionDocument.Parse(text, "f.yaml", "/nowhere", _ => null);
            parsed += document.Root.Entries.Count > 0 ? 1 : 0;
            IReadOnlyList<OptionProblem> problems = read(document);
            string kind = problems.Count == 0 ? "sound" : KindOf(problems[0]);
            histogram[kind] = histogram.GetValueOrDefault(kind) + 1;
            Assert.All(problems.Take(20), problem => Assert.True(problem.Line >= 1 && problem.Column >= 1, problem.ToString()));
        }

        output.WriteLine($"seed {seed}");
        output.WriteLine($"measured {Inputs} inputs, {100.0 * parsed / Inputs:0} % parsed as YAML maps: "
            + string.Join(", ", histogram.OrderByDescending(kind => kind.Value).Take(20).Select(kind => $"{kind.Key} {kind.Value}")));
        Assert.True(parsed >= Inputs * 3 / 10);
        Assert.True(histogram.Count >= 5);
    }

    private static string KindOf(OptionProblem problem)
    {
        string[] words = problem.Message.Split(' ');
        return string.Join(' ', words.Take(2)).TrimEnd(':');
    }

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

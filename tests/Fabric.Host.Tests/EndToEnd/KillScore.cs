using System.Globalization;
using System.Text;

namespace Fabric.Host.Tests.EndToEnd;

/// <summary>What became of each kill: how long until everything flowed again, and which messages it cost.</summary>
internal sealed class KillScore(IReadOnlyList<string> parts)
{
    private const string Nobody = "nobody";

    private readonly List<(long AtMicros, string Part, TimeSpan Recovery)> _kills = [];

    /// <summary>Kills that were overcome.</summary>
    public int Count => _kills.Count;

    public void Add(long atMicros, string part, TimeSpan recovery) => _kills.Add((atMicros, part, recovery));

    /// <summary>
    /// Messages of the ledger that are missing in <c>raw</c>, or are there more than once, counted for the last kill before they
    /// came in (a missing one: before its predecessor came in).
    /// </summary>
    /// <param name="ledger">SQL that gives device, ts, sequence and samples of what was acknowledged to the publisher.</param>
    public async Task<IReadOnlyDictionary<string, (long Missing, long Doubled)>> FaultsAsync(string lake, string ledger, string readable)
    {
        string kills = string.Join(", ", _kills.Select(kill => $"({kill.AtMicros}, '{kill.Part}')").Prepend($"(0, '{Nobody}')"));
        string query = $"""
            WITH message AS (
              SELECT device, epoch_us(observed_at) AS ts, count(*) AS n, count(DISTINCT point) AS points,
                epoch_us(max(received_at)) AS came
              FROM raw GROUP BY ALL),
            fault AS (
              SELECT l.ts, coalesce(m.points, 0) < l.samples AS missing, coalesce(m.n > m.points, false) AS doubled
              FROM {ledger} AS l LEFT JOIN message AS m ON m.device = l.device AND m.ts = l.ts
              WHERE missing OR doubled),
            placed AS (
              SELECT fault.*, coalesce(m.came, 0) AS came
              FROM fault ASOF LEFT JOIN (SELECT ts, max(came) AS came FROM message GROUP BY ts) AS m ON fault.ts >= m.ts),
            score AS (
              SELECT kill.part, count(*) FILTER (missing) AS missing, count(*) FILTER (doubled) AS doubled
              FROM placed ASOF JOIN (VALUES {kills}) AS kill(moment, part) ON placed.came >= kill.moment GROUP BY ALL)
            SELECT coalesce(string_agg(part || ' ' || missing || ' ' || doubled, ';'), '') FROM score
            """;
        var faults = parts.Append(Nobody).ToDictionary(part => part, _ => (Missing: 0L, Doubled: 0L), StringComparer.Ordinal);
        string found = (string)(await Lake.ScalarAsync(lake, query, readable))!;
        foreach (string[] words in found.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')))
        {
            faults[words[0]] = (long.Parse(words[1], CultureInfo.InvariantCulture), long.Parse(words[2], CultureInfo.InvariantCulture));
        }

        return faults;
    }

    /// <summary>One line for each part.</summary>
    public string Tell(IReadOnlyDictionary<string, (long Missing, long Doubled)> faults)
    {
        var text = new StringBuilder("measured part               kills   p50 s   p95 s   worst s   missing   doubled\n");
        foreach (string part in parts.Append("all"))
        {
            TimeSpan[] times = [.. _kills.Where(kill => part is "all" || kill.Part == part).Select(kill => kill.Recovery).Order()];
            (long missing, long doubled) = part is "all"
                ? (faults.Values.Sum(fault => fault.Missing), faults.Values.Sum(fault => fault.Doubled)) : faults[part];
            text.AppendLine(string.Create(
                CultureInfo.InvariantCulture,
                $"measured {part,-18} {times.Length,5} {At(times, 0.5),7:0.0} {At(times, 0.95),7:0.0} {At(times, 1),9:0.0} {missing,9} {doubled,9}"));
        }

        return text.ToString();
    }

    private static double At(TimeSpan[] sorted, double share) =>
        sorted.Length == 0 ? 0 : sorted[Math.Min((int)(sorted.Length * share), sorted.Length - 1)].TotalSeconds;
}

namespace Fabric.Core.Options;

/// <summary>Finds the word somebody probably meant.</summary>
public static class Suggestion
{
    /// <summary><c>unknown key 'retenion'; did you mean 'retention'?</c>, or the list of what is known.</summary>
    public static string ForUnknown(string what, string found, IReadOnlyCollection<string> known)
    {
        string? closest = Closest(found, known);
        return closest is null
            ? $"unknown {what} '{found}'; expected one of: {string.Join(", ", known.Distinct())}"
            : $"unknown {what} '{found}'; did you mean '{closest}'?";
    }

    /// <summary>The known word within a third of its length in edits; null when none is close.</summary>
    public static string? Closest(string found, IEnumerable<string> known)
    {
        string? best = null;
        int bestDistance = int.MaxValue;
        foreach (string word in known)
        {
            int distance = Distance(found.ToLowerInvariant(), word.ToLowerInvariant());
            if (distance < bestDistance && distance <= Math.Max(1, word.Length / 3))
            {
                (best, bestDistance) = (word, distance);
            }
        }

        return best;
    }

    /// <summary>Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.</summary>
    private static int Distance(string a, string b)
    {
        if (a.Length > 64 || b.Length > 64)
        {
            return int.MaxValue;
        }

        int[,] d = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    d[i, j] = i + j;
                    continue;
                }

                int cost = a[i - 1] == b[j - 1] ? 0 : 1;
                d[i, j] = Math.Min(Math.Min(d[i - 1, j] + 1, d[i, j - 1] + 1), d[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
                }
            }
        }

        return d[a.Length, b.Length];
    }
}

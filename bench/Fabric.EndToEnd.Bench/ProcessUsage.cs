using System.Globalization;

namespace Fabric.EndToEnd.Bench;

/// <summary>What a process has used of the machine, from <c>/proc</c>.</summary>
/// <param name="CpuSeconds">User and system time of all its threads, the ended ones too.</param>
/// <param name="ThreadSeconds">The same of the threads that live, by thread name.</param>
internal sealed record ProcessUsage(double CpuSeconds, IReadOnlyDictionary<string, double> ThreadSeconds)
{
    private const double TicksPerSecond = 100; // USER_HZ, the unit of /proc on every Linux

    public static ProcessUsage Read(int processId)
    {
        var threads = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (string folder in Directory.EnumerateDirectories($"/proc/{processId}/task"))
        {
            try
            {
                (string name, double seconds) = ReadStat(Path.Combine(folder, "stat"));
                threads[name] = threads.GetValueOrDefault(name) + seconds;
            }
            catch (IOException)
            {
                // the thread ended meanwhile: its time is in the process's
            }
        }

        return new ProcessUsage(ReadStat($"/proc/{processId}/stat").Seconds, threads);
    }

    /// <summary>The most memory it ever had resident, in MiB.</summary>
    public static double PeakResidentMiB(int processId)
    {
        const string key = "VmHWM:";
        string line = File.ReadLines($"/proc/{processId}/status").First(line => line.StartsWith(key, StringComparison.Ordinal));
        return double.Parse(line[key.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) / 1024;
    }

    // pid (name) state ppid …: utime and stime are fields 14 and 15. The name may hold anything, brackets too.
    private static (string Name, double Seconds) ReadStat(string path)
    {
        string text = File.ReadAllText(path);
        int end = text.LastIndexOf(')');
        string[] fields = text[(end + 2)..].Split(' ');
        long ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        return (text[(text.IndexOf('(', StringComparison.Ordinal) + 1)..end], ticks / TicksPerSecond);
    }
}

using System.Globalization;
using System.Text.RegularExpressions;
using Fabric.Delta.Actions;

namespace Fabric.Delta.Log;

/// <summary>Table properties this library honours, with Delta's defaults. A value that does not parse counts as absent.</summary>
internal static partial class TableProperties
{
    private const int CheckpointIntervalDefault = 10;
    private const int IndexedColumnsDefault = 32;

    private static readonly TimeSpan DeletedFileRetentionDefault = TimeSpan.FromDays(7);

    /// <summary>A checkpoint follows every so many versions.</summary>
    public static int CheckpointInterval(MetadataAction metadata) =>
        int.TryParse(Get(metadata, "delta.checkpointInterval"), NumberStyles.None, CultureInfo.InvariantCulture, out int interval)
            && interval > 0
            ? interval
            : CheckpointIntervalDefault;

    /// <summary>How long removed files are remembered.</summary>
    public static TimeSpan DeletedFileRetention(MetadataAction metadata) =>
        Interval(Get(metadata, "delta.deletedFileRetentionDuration")) ?? DeletedFileRetentionDefault;

    /// <summary>How many leaf columns have statistics, counted from the first; -1 = all.</summary>
    public static int IndexedColumns(MetadataAction metadata) =>
        int.TryParse(
            Get(metadata, "delta.dataSkippingNumIndexedCols"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
            out int columns) && columns >= -1
            ? columns
            : IndexedColumnsDefault;

    /// <summary>Names of the columns with statistics, separated by commas; null when the count decides.</summary>
    public static string? StatsColumns(MetadataAction metadata) => Get(metadata, "delta.dataSkippingStatsColumns");

    private static string? Get(MetadataAction metadata, string key) => metadata.Configuration.GetValueOrDefault(key);

    /// <summary>Spark's intervals without months: <c>interval 1 week</c>, <c>2 days 3 hours</c>.</summary>
    private static TimeSpan? Interval(string? text)
    {
        if (text is null || !IntervalPattern().IsMatch(text))
        {
            return null;
        }

        double seconds = 0;
        foreach (Match part in PartPattern().Matches(text))
        {
            double count = double.Parse(part.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
            seconds += count * part.Groups[2].Value.ToLowerInvariant() switch
            {
                "week" => 604_800,
                "day" => 86_400,
                "hour" => 3_600,
                "minute" => 60,
                "second" => 1,
                "millisecond" => 1e-3,
                _ => 1e-6,
            };
        }

        return seconds < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(seconds) : TimeSpan.MaxValue;
    }

    [GeneratedRegex(
        @"^\s*(interval\s+)?(\d{1,12}\s+(week|day|hour|minute|second|millisecond|microsecond)s?\s*)+$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex IntervalPattern();

    [GeneratedRegex(
        @"(\d{1,12})\s+(week|day|hour|minute|second|millisecond|microsecond)s?",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex PartPattern();
}

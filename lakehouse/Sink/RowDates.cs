using Fabric.Core;
using Fabric.Core.Columns;
using Fabric.Lakehouse.Tables;

namespace Fabric.Lakehouse.Sink;

/// <summary>
/// The partition of each row of a chunk, in days since 1970-01-01: by its time; by the time of receipt when that is not believable
/// (DESIGN §4); by the time of the Kafka record when there is neither. One partition for all where the table has none.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class RowDates
{
    private const long MicrosPerMilli = 1_000;

    private readonly bool _isPartitioned;
    private readonly FixedColumn<long>? _times;
    private readonly FixedColumn<int>? _timeDates;
    private readonly FixedColumn<long>? _received;
    private int[] _days = new int[2048];
    private int _count;

    public RowDates(TableDefinition table, ColumnBatch chunk)
    {
        _isPartitioned = table.Partitioning == TablePartitioning.Date;
        _times = Find<FixedColumn<long>>(chunk, table.TimeColumn, ColumnType.Timestamp);
        _timeDates = Find<FixedColumn<int>>(chunk, table.TimeColumn, ColumnType.Date);
        _received = Find<FixedColumn<long>>(chunk, table.ReceivedColumn, ColumnType.Timestamp);
    }

    /// <summary>One per row. Valid until the next append or clear.</summary>
    public ReadOnlySpan<int> Days => _days.AsSpan(0, _count);

    /// <summary>Finds the days of the rows from <paramref name="first"/> on and adds them to those that are open.</summary>
    /// <param name="recordMs">Time of the Kafka record, -1 for none.</param>
    /// <param name="opened">Cleared, then told the days that were not open before.</param>
    public void Append(int first, int rows, long recordMs, HashSet<int> open, List<int> opened)
    {
        opened.Clear();
        if (first + rows > _days.Length)
        {
            Array.Resize(ref _days, Math.Max(first + rows, _days.Length * 2));
        }

        int last = int.MinValue;
        for (int row = first; row < first + rows; row++)
        {
            int day = !_isPartitioned ? 0 : row > first && HasTimesOfRowBefore(row) ? last : DayOf(row, recordMs);
            _days[row] = day;
            if (day != last)
            {
                last = day;
                if (open.Add(day))
                {
                    opened.Add(day);
                }
            }
        }

        _count = first + rows;
    }

    public void Truncate(int count) => _count = count;

    /// <summary>As the samples of one record mostly do.</summary>
    private bool HasTimesOfRowBefore(int row) =>
        _timeDates is null && IsAsBefore(_times, row) && IsAsBefore(_received, row);

    private static bool IsAsBefore(FixedColumn<long>? column, int row) =>
        column is null
        || (column.Values[row] == column.Values[row - 1] && column.IsNull(row) == column.IsNull(row - 1));

    private int DayOf(int row, long recordMs)
    {
        if (_timeDates is { } dates && !dates.IsNull(row))
        {
            return Math.Clamp(dates.Values[row], ObservedTime.DayOf(long.MinValue), ObservedTime.DayOf(long.MaxValue));
        }

        long? received = _received is { } column && !column.IsNull(row) ? column.Values[row] : null;
        return _times is { } times && !times.IsNull(row)
            ? received is { } at ? ObservedTime.DayOf(times.Values[row], at) : ObservedTime.DayOf(times.Values[row])
            : ObservedTime.DayOf(received ?? Math.Max(0, recordMs) * MicrosPerMilli);
    }

    private static T? Find<T>(ColumnBatch chunk, string? name, ColumnType type)
        where T : Column
    {
        foreach (Column column in chunk.Columns)
        {
            if (column.Field.Name == name && column.Field.Type == type)
            {
                return (T)column;
            }
        }

        return null;
    }
}

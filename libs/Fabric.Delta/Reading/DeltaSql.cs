using System.Globalization;
using System.Text;
using Fabric.Core.Storage;
using Fabric.Delta.Actions;
using Fabric.Delta.Log;
using Fabric.Delta.Schema;
using Fabric.DuckDb;

namespace Fabric.Delta.Reading;

/// <summary>
/// A version of a table as SQL: the schema's columns by name and type, partition values from the log, columns that a file lacks
/// as null, column mapping undone.
/// </summary>
/// <remarks>
/// Files of old writers hold timestamps without a zone (INT96), which are UTC and which DuckDB converts in the session's zone:
/// <see cref="RegisterView"/> sets that to UTC, and who runs a SELECT of this class elsewhere must do the same.
/// </remarks>
public static class DeltaSql
{
    /// <summary>Up to so many partitions each become a branch of their own, which a filter on them removes before any file is opened.</summary>
    private const int BranchesMax = 256;

    private const string FileColumn = "__fabric_file";

    /// <summary>Makes the version available under a name, for this connection, until it is replaced or the connection ends.</summary>
    /// <param name="connection">Its time zone is set to UTC.</param>
    /// <param name="name">Any text; it is quoted.</param>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaCode.PathRefused"/>, <see cref="DeltaCode.PartitionValueInvalid"/>, <see cref="DeltaCode.ReadUnsupported"/>,
    /// <see cref="DeltaCode.DataFileUnreadable"/>, or <see cref="DeltaCode.SchemaInvalid"/> when there is no column.
    /// </exception>
    /// <exception cref="DuckDbException">Its settings are locked and its time zone is not UTC.</exception>
    public static void RegisterView(DuckDbConnection connection, string name, DeltaTable table, Snapshot snapshot)
    {
        if (connection.Scalar("SELECT current_setting('TimeZone')") is not "UTC")
        {
            connection.Execute("SET TimeZone = 'UTC'"); // refused by a locked connection, which then must have been UTC before
        }

        try
        {
            connection.Execute($"CREATE OR REPLACE TEMP VIEW {SqlText.Identifier(name)} AS {Select(table, snapshot)}");
        }
        catch (DuckDbException e) when (e.Code == DuckDbErrorCodes.Io)
        {
            throw new DeltaException(
                DeltaCode.DataFileUnreadable,
                $"A data file of the version is missing or cannot be read (removed by a vacuum of another engine?): {e.Message}",
                $"{snapshot.TableRoot}, version {snapshot.Version}", e.IsRetriable, e);
        }
    }

    /// <summary>The version as one SELECT.</summary>
    public static string Select(DeltaTable table, Snapshot snapshot) => Select(table, snapshot, snapshot.Files);

    /// <summary>Some files of the version as one SELECT: compaction, tracing a file.</summary>
    public static string Select(DeltaTable table, Snapshot snapshot, IReadOnlyCollection<AddAction> files)
    {
        string where = $"{snapshot.TableRoot}, version {snapshot.Version}";
        if (snapshot.Schema.Fields.Count == 0)
        {
            throw new DeltaException(DeltaCode.SchemaInvalid, "The table has no columns to read", where);
        }

        if (files.Count == 0)
        {
            IEnumerable<string> nulls = snapshot.Schema.Fields
                .Select(field => $"CAST(NULL AS {SqlTypes.Of(field.Type)}) AS {SqlText.Identifier(field.Name)}");
            return $"SELECT {string.Join(", ", nulls)} WHERE false";
        }

        var columns = new ScanColumns(snapshot, where);
        List<IGrouping<string, AddAction>> partitions = files.GroupBy(columns.PartitionKey).ToList();
        return partitions.Count <= BranchesMax
            ? string.Join("\nUNION ALL\n", partitions.Select(group => Branch(columns, table, snapshot, group)))
            : Joined(columns, table, snapshot, partitions);
    }

    private static string Branch(ScanColumns columns, DeltaTable table, Snapshot snapshot, IGrouping<string, AddAction> group)
    {
        AddAction first = group.First();
        string source = Source(columns, group.Select(file => Location(table, snapshot, file)), "");
        IEnumerable<string> list = snapshot.Schema.Fields.Select(field =>
            $"{columns.Partition(field, first) ?? columns.FromFile(field)} AS {SqlText.Identifier(field.Name)}");
        return $"SELECT {string.Join(", ", list)} FROM {source}";
    }

    private static string Joined(
        ScanColumns columns, DeltaTable table, Snapshot snapshot, List<IGrouping<string, AddAction>> partitions)
    {
        List<StructField> keys = snapshot.Schema.Fields.Where(columns.IsPartition).ToList();
        var rows = new StringBuilder();
        var locations = new List<string>();
        foreach (IGrouping<string, AddAction> group in partitions)
        {
            AddAction first = group.First();
            string values = string.Concat(keys.Select(field => ", " + columns.Partition(field, first)));
            foreach (AddAction file in group)
            {
                string location = Location(table, snapshot, file);
                locations.Add(location);
                rows.Append(rows.Length == 0 ? "" : ", ").Append(CultureInfo.InvariantCulture, $"({SqlText.Literal(location)}{values})");
            }
        }

        string names = string.Concat(keys.Select((_, i) => string.Create(CultureInfo.InvariantCulture, $", p{i}")));
        IEnumerable<string> list = snapshot.Schema.Fields.Select(field =>
            $"{(columns.IsPartition(field) ? $"k.p{keys.IndexOf(field)}" : columns.FromFile(field))} AS {SqlText.Identifier(field.Name)}");
        string source = Source(columns, locations, $", filename = '{FileColumn}'");
        return $"SELECT {string.Join(", ", list)} FROM {source} JOIN (VALUES {rows}) k(f{names}) ON {FileColumn} = k.f";
    }

    private static string Source(ScanColumns columns, IEnumerable<string> locations, string options) =>
        $"read_parquet({SqlText.Literals(locations.Select(SqlTypes.LiteralPath))}, hive_partitioning = false, schema = {columns.FileSchema}{options})";

    private static string Location(DeltaTable table, Snapshot snapshot, AddAction file) =>
        table.Store.Locate(ObjectPath.Join(table.Path, snapshot.RelativePath(file)));
}

using Fabric.DuckDb.Parquet;

namespace Fabric.DuckDb;

/// <summary>What a Parquet file says about itself in its footer, read back from the file that was written.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="RowCount">Rows in all row groups.</param>
/// <param name="Bytes">The whole file.</param>
/// <param name="FooterBytes">The metadata at its end, without length and magic.</param>
/// <param name="RowGroupCount">Row groups.</param>
/// <param name="Columns">One entry per leaf column, in the file's order.</param>
public sealed record ParquetFileInfo(
    string Path, long RowCount, long Bytes, int FooterBytes, int RowGroupCount, IReadOnlyList<ParquetColumnStatistics> Columns)
{
    /// <summary>Reads the footer of any Parquet file.</summary>
    /// <exception cref="DuckDbException">It is not a Parquet file, its footer is damaged or encrypted, or it cannot be read.</exception>
    public static ParquetFileInfo Read(string path) => ParquetFooter.Read(path).ToInfo();

    /// <summary>The leaf column with that name at the top level; null when there is none.</summary>
    public ParquetColumnStatistics? Column(string name)
    {
        foreach (ParquetColumnStatistics column in Columns)
        {
            if (column.Path.Count == 1 && column.Path[0] == name)
            {
                return column;
            }
        }

        return null;
    }
}

/// <summary>Statistics of one leaf column over the whole file.</summary>
/// <param name="Path">Names from the top level down, e.g. <c>add, partitionValues, key_value, key</c>.</param>
/// <param name="Min">
/// The least value that is not null: bool, long (integers, days of a date, steps of a timestamp), double (FLOAT too), string, byte[] or
/// <see cref="Int128"/> (unscaled decimal, unsigned 64-bit). Exact. Null where unknown: no value, a NaN among them, a text over 256
/// bytes, withheld, or a type without an order.
/// </param>
/// <param name="Max">Like <paramref name="Min"/>. A zero is +0.0 here and -0.0 there, so that both signs lie between.</param>
/// <param name="NullCount">Null values; null when the file does not say.</param>
/// <param name="HasNaN">Whether a NaN occurs; null when nobody looked (files not written from batches).</param>
/// <param name="CompressedBytes">Bytes of the column's pages in the file.</param>
public sealed record ParquetColumnStatistics(
    IReadOnlyList<string> Path, object? Min, object? Max, long? NullCount, bool? HasNaN, long CompressedBytes);

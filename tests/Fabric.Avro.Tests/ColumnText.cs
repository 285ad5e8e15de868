using System.Text;
using Fabric.Core.Columns;

namespace Fabric.Avro.Tests;

/// <summary>A batch as text, to compare.</summary>
internal static class ColumnText
{
    /// <summary>A line per row, cells by blanks, nulls as -.</summary>
    public static string Rows(ColumnBatch batch)
    {
        var text = new StringBuilder();
        for (int row = 0; row < batch.RowCount; row++)
        {
            text.AppendJoin(' ', batch.Columns.Select(column => column.IsNull(row) ? "-" : Cell(column, row))).Append('\n');
        }

        return text.ToString();
    }

    private static string Cell(Column column, int row) => column switch
    {
        FixedColumn<bool> c => c.Values[row].ToString(),
        FixedColumn<int> c => c.Values[row].ToString(),
        FixedColumn<long> c => c.Values[row].ToString(),
        FixedColumn<float> c => c.Values[row].ToString(),
        FixedColumn<double> c => c.Values[row].ToString(),
        FixedColumn<Int128> c => c.Values[row].ToString(),
        BytesColumn { Field.Type: ColumnType.Binary } c => Convert.ToHexString(c[row]),
        BytesColumn c => Encoding.UTF8.GetString(c[row]),
        _ => throw new InvalidOperationException(),
    };
}

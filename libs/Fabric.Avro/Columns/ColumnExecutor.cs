using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Unicode;
using Fabric.Core.Columns;

namespace Fabric.Avro;

/// <summary>
/// Runs a <see cref="ColumnPlan"/> over one body. Nulls are not written where they occur: a column that is behind is filled up
/// when its next value comes, or at the end of the record, so an element with one of five union branches costs one append.
/// </summary>
internal static class ColumnExecutor
{
    public static int Run(ColumnPlan plan, ReadOnlySpan<byte> body, ColumnTarget target, int start)
    {
        target.Scratch.Clear();
        if (plan.Mapping.Explode is not null)
        {
            Array.Clear(target.Stash);
        }

        var reader = new AvroReader(body);
        int row = RunOperations(plan, ref reader, target, start);
        reader.ExpectEnd();
        Finish(plan, body, target, start, row);
        return row - start;
    }

    /// <summary>Returns the row after the last.</summary>
    private static int RunOperations(ColumnPlan plan, ref AvroReader reader, ColumnTarget target, int start)
    {
        ColumnOp[] ops = plan.Operations;
        int[] jumps = plan.Jumps;
        Column[] columns = target.Columns;
        Span<int> entries = stackalloc int[ColumnPlanCompiler.MapDepthMax];
        int row = start;
        int elements = 0;
        int maps = -1;
        int mark = 0;
        for (int pc = 0; ;)
        {
            ref readonly ColumnOp op = ref ops[pc++];
            switch (op.Code)
            {
                case ColumnOpCode.End:
                    return plan.Mapping.Explode is null ? row + 1 : row;
                case ColumnOpCode.Jump:
                    pc = op.A;
                    break;
                case ColumnOpCode.Union:
                    pc = jumps[op.A + reader.ReadUnion(op.B)];
                    break;
                case ColumnOpCode.ExplodeStart:
                    elements = reader.ReadBlock(op.B);
                    pc = elements == 0 ? op.A : pc;
                    break;
                case ColumnOpCode.ExplodeEnd:
                    row++;
                    if (--elements > 0 || (elements = reader.ReadBlock(op.B)) > 0)
                    {
                        pc = op.A;
                    }

                    break;
                case ColumnOpCode.MapStart:
                    int count = reader.ReadBlock(op.B);
                    if (count == 0)
                    {
                        pc = op.A;
                    }
                    else
                    {
                        entries[++maps] = count;
                    }

                    break;
                case ColumnOpCode.MapKey:
                    pc = jumps[op.A + KeyIndex(reader.ReadUtf8(), (byte[][])op.Data!)];
                    break;
                case ColumnOpCode.Forget:
                    Forget(target, (int[])op.Data!, row);
                    break;
                case ColumnOpCode.MapEnd:
                    if (--entries[maps] > 0 || (entries[maps] = reader.ReadBlock(op.B)) > 0)
                    {
                        pc = op.A;
                    }
                    else
                    {
                        maps--;
                    }

                    break;
                case ColumnOpCode.Mark:
                    mark = reader.Position;
                    break;
                case ColumnOpCode.Rewind:
                    reader.Rewind(mark);
                    break;
                case ColumnOpCode.SkipVarint:
                    reader.ReadLong();
                    break;
                case ColumnOpCode.SkipBytes:
                    reader.ReadBytes();
                    break;
                case ColumnOpCode.SkipFixed:
                    reader.Skip(op.A);
                    break;
                case ColumnOpCode.SkipValue:
                    SchemaSkipper.Skip(ref reader, (Schema)op.Data!);
                    break;
                case ColumnOpCode.Int64 when !op.Stashed:
                    Level<FixedColumn<long>>(columns[op.Column], row).Append(reader.ReadLong());
                    break;
                case ColumnOpCode.Double when !op.Stashed:
                    Level<FixedColumn<double>>(columns[op.Column], row).Append(reader.ReadDouble());
                    break;
                case ColumnOpCode.Text when !op.Stashed:
                    Level<BytesColumn>(columns[op.Column], row).Append(reader.ReadUtf8());
                    break;
                case ColumnOpCode.Enum when !op.Stashed:
                    byte[][] symbols = (byte[][])op.Data!;
                    Level<BytesColumn>(columns[op.Column], row).Append(symbols[reader.ReadEnum(symbols.Length)]);
                    break;
                default:
                    ColumnValues.Put(in op, ref reader, target, row);
                    break;
            }
        }
    }

    /// <summary>The column, filled with nulls up to the row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static T Level<T>(Column column, int row)
        where T : Column
    {
        if (column.Count != row)
        {
            column.AppendNulls(row - column.Count);
        }

        return Unsafe.As<T>(column);
    }

    private static int KeyIndex(ReadOnlySpan<byte> key, byte[][] wanted)
    {
        int index = 0;
        while (index < wanted.Length && !key.SequenceEqual(wanted[index]))
        {
            index++;
        }

        return index;
    }

    private static void Forget(ColumnTarget target, int[] columns, int row)
    {
        foreach (int column in columns)
        {
            target.Stash[column] = default;
            if (target.Columns[column].Count > row)
            {
                target.Columns[column].Truncate(row);
            }
        }
    }

    private static void Finish(ColumnPlan plan, ReadOnlySpan<byte> body, ColumnTarget target, int start, int end)
    {
        for (int i = 0; i < target.Columns.Length; i++)
        {
            Column column = target.Columns[i];
            if (plan.Mapping.Columns[i].Path == ColumnMapping.IndexPath)
            {
                AppendIndexes(column, end - start);
            }
            else if (plan.Stashed[i])
            {
                ColumnValues.AppendStashed(column, in target.Stash[i], body, target, end - start);
            }
            else if (column.Count != end)
            {
                column.AppendNulls(end - column.Count);
            }
        }
    }

    private static void AppendIndexes(Column column, int rows)
    {
        for (int i = 0; i < rows; i++)
        {
            if (column is FixedColumn<int> small)
            {
                small.Append(i);
            }
            else
            {
                ((FixedColumn<long>)column).Append(i);
            }
        }
    }
}

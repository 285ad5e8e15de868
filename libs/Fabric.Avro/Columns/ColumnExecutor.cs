using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
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
        target.BeginRecord();
        foreach (int column in plan.Shared)
        {
            target.Stash[column].Kind = ColumnTarget.StashKind.Null;
        }

        int row;
        if (plan.Code is { } code)
        {
            row = code(ref MemoryMarshal.GetReference(body), body.Length, target, start);
        }
        else
        {
            var reader = new AvroReader(body);
            row = RunOperations(plan, ref reader, target, start);
            reader.ExpectEnd();
        }

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
                    return plan.Explodes ? row : row + 1;
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
                case ColumnOpCode.AppendBoolean:
                    var flags = Unsafe.As<FixedColumn<bool>>(columns[op.Column]);
                    flags.AppendAt(row, reader.ReadBoolean());
                    break;
                case ColumnOpCode.AppendInt32:
                    var integers = Unsafe.As<FixedColumn<int>>(columns[op.Column]);
                    integers.AppendAt(row, reader.ReadInt());
                    break;
                case ColumnOpCode.AppendInt64:
                    var longs = Unsafe.As<FixedColumn<long>>(columns[op.Column]);
                    longs.AppendAt(row, reader.ReadLong());
                    break;
                case ColumnOpCode.AppendDouble:
                    var doubles = Unsafe.As<FixedColumn<double>>(columns[op.Column]);
                    doubles.AppendAt(row, reader.ReadDouble());
                    break;
                case ColumnOpCode.AppendText:
                    var texts = Unsafe.As<BytesColumn>(columns[op.Column]);
                    texts.AppendAt(row, reader.ReadUtf8());
                    break;
                case ColumnOpCode.AppendEnum:
                    var names = Unsafe.As<BytesColumn>(columns[op.Column]);
                    EnumSymbol[] symbols = Unsafe.As<EnumSymbol[]>(op.Data!);
                    names.AppendAt(row, symbols[reader.ReadEnum(symbols.Length)].Name);
                    break;
                default:
                    ColumnValues.Put(in op, ref reader, target, row);
                    break;
            }
        }
    }

    /// <summary>Fills a column with nulls up to the row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Level(Column column, int row)
    {
        if (column.Count != row)
        {
            column.AppendNulls(row - column.Count);
        }
    }

    internal static int KeyIndex(ReadOnlySpan<byte> key, byte[][] wanted)
    {
        int index = 0;
        while (index < wanted.Length && !key.SequenceEqual(wanted[index]))
        {
            index++;
        }

        return index;
    }

    internal static void Forget(ColumnTarget target, int[] columns, int row)
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
        foreach (int column in plan.MayBeBehind)
        {
            Level(target.Columns[column], end);
        }

        foreach (int column in plan.Shared)
        {
            ColumnValues.AppendStashed(target.Columns[column], in target.Stash[column], body, target, end - start);
        }

        foreach (int column in plan.Index)
        {
            AppendIndexes(target.Columns[column], end - start);
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

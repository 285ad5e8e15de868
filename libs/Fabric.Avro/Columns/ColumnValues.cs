using System.Diagnostics.CodeAnalysis;
using Fabric.Core.Columns;
using static Fabric.Avro.ColumnTarget;

namespace Fabric.Avro;

/// <summary>Reads one value and appends it to its column, or stashes it until the number of rows is known.</summary>
internal static class ColumnValues
{
    private const long NanosPerMicro = 1_000;
    private const long MicrosPerMilli = 1_000;

    public static void Put(in ColumnOp op, ref AvroReader reader, ColumnTarget target, int row)
    {
        switch (op.Code)
        {
            case ColumnOpCode.Boolean:
                PutNumber(op, reader.ReadBoolean() ? 1 : 0, target, row);
                break;
            case ColumnOpCode.Int32 or ColumnOpCode.IntToInt64:
                PutNumber(op, reader.ReadInt(), target, row);
                break;
            case ColumnOpCode.Int64:
                PutNumber(op, reader.ReadLong(), target, row);
                break;
            case ColumnOpCode.MillisToMicros:
                PutNumber(op, MillisToMicros(ref reader, op, target), target, row);
                break;
            case ColumnOpCode.NanosToMicros:
                (long micros, long rest) = Math.DivRem(reader.ReadLong(), NanosPerMicro);
                PutNumber(op, rest < 0 ? micros - 1 : micros, target, row);
                break;
            case ColumnOpCode.Float:
                PutReal(op, reader.ReadFloat(), target, row);
                break;
            case ColumnOpCode.Double:
                PutReal(op, reader.ReadDouble(), target, row);
                break;
            case ColumnOpCode.IntegerToFloat:
                PutReal(op, (float)reader.ReadLong(), target, row);
                break;
            case ColumnOpCode.IntegerToDouble:
                PutReal(op, reader.ReadLong(), target, row);
                break;
            case ColumnOpCode.FloatToDouble:
                PutReal(op, reader.ReadFloat(), target, row);
                break;
            case ColumnOpCode.Text:
                PutSlice(op, reader.ReadUtf8(), reader.Position, target, row);
                break;
            case ColumnOpCode.Binary:
                PutSlice(op, reader.ReadBytes(), reader.Position, target, row);
                break;
            case ColumnOpCode.Fixed:
                PutSlice(op, reader.ReadFixed(op.A), reader.Position, target, row);
                break;
            default:
                PutMade(op, ref reader, target, row);
                break;
        }
    }

    /// <summary>Appends a stashed value to all rows of its record.</summary>
    public static void AppendStashed(
        Column column, in StashedValue value, ReadOnlySpan<byte> body, ColumnTarget target, int rows)
    {
        switch (value.Kind)
        {
            case StashKind.Null:
                column.AppendNulls(rows);
                break;
            case StashKind.Number:
                AppendNumber(column, value.Number, rows);
                break;
            case StashKind.Real when column is FixedColumn<float> single:
                single.AppendRepeated((float)value.Real, rows);
                break;
            case StashKind.Real:
                ((FixedColumn<double>)column).AppendRepeated(value.Real, rows);
                break;
            default:
                ReadOnlySpan<byte> bytes = value.Kind switch
                {
                    StashKind.Body => body.Slice(value.Start, value.Length),
                    StashKind.Scratch => target.Scratch.WrittenSpan.Slice(value.Start, value.Length),
                    _ => value.Bytes,
                };
                if ((long)bytes.Length * rows > AvroLimits.RepeatedBytesMax)
                {
                    throw new AvroException(AvroErrors.Range,
                        $"A value of {bytes.Length} bytes would be repeated over {rows} rows", column.Field.Name);
                }

                ((BytesColumn)column).AppendRepeated(bytes, rows);
                break;
        }
    }

    private static void PutMade(in ColumnOp op, ref AvroReader reader, ColumnTarget target, int row)
    {
        switch (op.Code)
        {
            case ColumnOpCode.Enum:
                var symbols = (EnumSymbol[])op.Data!;
                byte[] symbol = symbols[reader.ReadEnum(symbols.Length)].Name;
                target.Stash[op.Column] = new StashedValue { Kind = StashKind.Bytes, Bytes = symbol };
                break;
            case ColumnOpCode.Decimal:
                ReadOnlySpan<byte> bytes = op.A < 0 ? reader.ReadBytes() : reader.ReadFixed(op.A);
                PutDecimal(op, DecimalBytes.TryRead(bytes, out Int128 unscaled) ? unscaled : null, ref reader, target, row);
                break;
            case ColumnOpCode.IntegerToDecimal:
                PutDecimal(op, reader.ReadLong(), ref reader, target, row);
                break;
            case ColumnOpCode.JoinedText:
                int start = target.Scratch.WrittenCount;
                JoinedText.Append(ref reader, (ArraySchema)op.Data!, target.Scratch);
                PutScratch(op, start, target, row);
                break;
            default:
                start = target.Scratch.WrittenCount;
                ValueText.Append(ref reader, (Schema)op.Data!, target.Scratch, target.Json);
                PutScratch(op, start, target, row);
                break;
        }
    }

    private static void PutNumber(in ColumnOp op, long value, ColumnTarget target, int row)
    {
        if (op.Stashed)
        {
            target.Stash[op.Column] = new StashedValue { Kind = StashKind.Number, Number = value };
        }
        else
        {
            AppendNumber(Levelled(op, target, row), value, 1);
        }
    }

    private static void AppendNumber(Column column, Int128 value, int rows)
    {
        switch (column)
        {
            case FixedColumn<long> numbers:
                numbers.AppendRepeated((long)value, rows);
                break;
            case FixedColumn<int> numbers:
                numbers.AppendRepeated((int)value, rows);
                break;
            case FixedColumn<bool> flags:
                flags.AppendRepeated(value != 0, rows);
                break;
            default:
                ((FixedColumn<Int128>)column).AppendRepeated(value, rows);
                break;
        }
    }

    private static void PutReal(in ColumnOp op, double value, ColumnTarget target, int row)
    {
        if (op.Stashed)
        {
            target.Stash[op.Column] = new StashedValue { Kind = StashKind.Real, Real = value };
            return;
        }

        Column column = Levelled(op, target, row);
        if (column is FixedColumn<float> single)
        {
            single.Append((float)value);
        }
        else
        {
            ((FixedColumn<double>)column).Append(value);
        }
    }

    private static void PutSlice(in ColumnOp op, ReadOnlySpan<byte> value, int end, ColumnTarget target, int row)
    {
        if (op.Stashed)
        {
            target.Stash[op.Column] =
                new StashedValue { Kind = StashKind.Body, Start = end - value.Length, Length = value.Length };
        }
        else
        {
            ((BytesColumn)Levelled(op, target, row)).Append(value);
        }
    }

    private static void PutScratch(in ColumnOp op, int start, ColumnTarget target, int row)
    {
        int length = target.Scratch.WrittenCount - start;
        if (op.Stashed)
        {
            target.Stash[op.Column] = new StashedValue { Kind = StashKind.Scratch, Start = start, Length = length };
            return;
        }

        ((BytesColumn)Levelled(op, target, row)).Append(target.Scratch.WrittenSpan.Slice(start, length));
        target.Scratch.Truncate(start);
    }

    private static void PutDecimal(in ColumnOp op, Int128? value, ref AvroReader reader, ColumnTarget target, int row)
    {
        Column column = target.Columns[op.Column];
        if (value is not { } number
            || !DecimalBytes.TryRescale(number, op.B, column.Field.Precision, out Int128 scaled))
        {
            ThrowRange(ref reader, op, target, $"A decimal has more than {column.Field.Precision} digits");
            return;
        }

        if (op.Stashed)
        {
            target.Stash[op.Column] = new StashedValue { Kind = StashKind.Number, Number = scaled };
        }
        else
        {
            ((FixedColumn<Int128>)Levelled(op, target, row)).Append(scaled);
        }
    }

    private static Column Levelled(in ColumnOp op, ColumnTarget target, int row)
    {
        Column column = target.Columns[op.Column];
        ColumnExecutor.Level(column, row);
        return column;
    }

    private static long MillisToMicros(ref AvroReader reader, in ColumnOp op, ColumnTarget target)
    {
        long millis = reader.ReadLong();
        if (millis is > long.MaxValue / MicrosPerMilli or < long.MinValue / MicrosPerMilli)
        {
            ThrowRange(ref reader, op, target, "A timestamp in milliseconds does not fit in microseconds");
        }

        return millis * MicrosPerMilli;
    }

    [DoesNotReturn]
    private static void ThrowRange(ref AvroReader reader, in ColumnOp op, ColumnTarget target, string message) =>
        throw new AvroException(
            AvroErrors.Range, message, target.Mapping.Columns[op.Column].Path, reader.Position);
}

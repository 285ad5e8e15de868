using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fabric.Core.Columns;

namespace Fabric.Avro;

/// <summary>
/// The operations of a plan as methods that <see cref="ColumnCodeEmitter"/> strings together: each takes the position in the
/// body and returns the one behind what it read. They are inlined, so the position stays in a register from field to field.
/// </summary>
internal static class ColumnSteps
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Boolean(ref byte data, int length, int position, FixedColumn<bool> column, int row)
    {
        if (position >= length || Unsafe.Add(ref data, position) > 1)
        {
            Fail(ref data, length, position, (ref AvroReader reader) => reader.ReadBoolean());
        }

        ColumnExecutor.Level(column, row);
        column.Append(Unsafe.Add(ref data, position) != 0);
        return position + 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Int32(ref byte data, int length, int position, FixedColumn<int> column, int row)
    {
        int next = Wire.ReadLong(ref data, length, position, out long value);
        if (value != (int)value)
        {
            Fail(ref data, length, position, (ref AvroReader reader) => reader.ReadInt());
        }

        ColumnExecutor.Level(column, row);
        column.Append((int)value);
        return next;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Int64(ref byte data, int length, int position, FixedColumn<long> column, int row)
    {
        int next = Wire.ReadLong(ref data, length, position, out long value);
        ColumnExecutor.Level(column, row);
        column.Append(value);
        return next;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Double(ref byte data, int length, int position, FixedColumn<double> column, int row)
    {
        if (length - position < sizeof(double))
        {
            Fail(ref data, length, position, (ref AvroReader reader) => reader.ReadDouble());
        }

        ColumnExecutor.Level(column, row);
        column.Append(BitConverter.IsLittleEndian
            ? Unsafe.ReadUnaligned<double>(ref Unsafe.Add(ref data, position))
            : new AvroReader(MemoryMarshal.CreateReadOnlySpan(ref data, length), position, 0).ReadDouble());
        return position + sizeof(double);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Text(ref byte data, int length, int position, BytesColumn column, int row)
    {
        int start = Wire.ReadLength(ref data, length, position, out int size);
        ReadOnlySpan<byte> text = MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref data, start), size);
        if (!Utf8Check.IsValid(text))
        {
            Fail(ref data, length, position, (ref AvroReader reader) => reader.ReadUtf8());
        }

        ColumnExecutor.Level(column, row);
        column.Append(text);
        return start + size;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Enum(ref byte data, int length, int position, BytesColumn column, int row, byte[][] symbols)
    {
        int next = Wire.ReadLong(ref data, length, position, out long index);
        if ((ulong)index >= (ulong)symbols.Length)
        {
            new AvroReader(MemoryMarshal.CreateReadOnlySpan(ref data, length), position, 0).ReadEnum(symbols.Length);
        }

        ColumnExecutor.Level(column, row);
        column.Append(symbols[index]);
        return next;
    }

    /// <summary>Any other value, by the interpreter's means.</summary>
    public static int Other(ref byte data, int length, int position, ColumnTarget target, int row, ColumnPlan plan, int operation)
    {
        var reader = new AvroReader(MemoryMarshal.CreateReadOnlySpan(ref data, length), position, target.EmptyItems);
        ref readonly ColumnOp op = ref plan.Operations[operation];
        if (op.Code == ColumnOpCode.SkipValue)
        {
            SchemaSkipper.Skip(ref reader, (Schema)op.Data!);
        }
        else
        {
            ColumnValues.Put(in op, ref reader, target, row);
        }

        target.EmptyItems = reader.EmptyItems;
        return reader.Position;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SkipVarint(ref byte data, int length, int position) => Wire.ReadLong(ref data, length, position, out _);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SkipBytes(ref byte data, int length, int position) =>
        Wire.ReadLength(ref data, length, position, out int size) + size;

    public static int SkipFixed(ref byte data, int length, int position, int bytes)
    {
        var reader = new AvroReader(MemoryMarshal.CreateReadOnlySpan(ref data, length), position, 0);
        reader.Skip(bytes);
        return reader.Position;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Union(ref byte data, int length, int position, int branches, out int branch)
    {
        int next = Wire.ReadLong(ref data, length, position, out long index);
        if ((ulong)index >= (ulong)branches)
        {
            new AvroReader(MemoryMarshal.CreateReadOnlySpan(ref data, length), position, 0).ReadUnion(branches);
        }

        branch = (int)index;
        return next;
    }

    public static int Block(ref byte data, int length, int position, ColumnTarget target, int itemBytesMin, out int count)
    {
        var reader = new AvroReader(MemoryMarshal.CreateReadOnlySpan(ref data, length), position, target.EmptyItems);
        count = reader.ReadBlock(itemBytesMin);
        target.EmptyItems = reader.EmptyItems;
        return reader.Position;
    }

    public static int MapKey(ref byte data, int length, int position, byte[][] keys, out int index)
    {
        var reader = new AvroReader(MemoryMarshal.CreateReadOnlySpan(ref data, length), position, 0);
        index = ColumnExecutor.KeyIndex(reader.ReadUtf8(), keys);
        return reader.Position;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ExpectEnd(ref byte data, int length, int position)
    {
        if (position != length)
        {
            new AvroReader(MemoryMarshal.CreateReadOnlySpan(ref data, length), position, 0).ExpectEnd();
        }
    }

    /// <summary>Reads once more what could not be read, by the method that says why.</summary>
    [DoesNotReturn]
    private static void Fail(ref byte data, int length, int position, Reading read)
    {
        var reader = new AvroReader(MemoryMarshal.CreateReadOnlySpan(ref data, length), position, 0);
        read(ref reader);
        throw new InvalidOperationException("Two ways of reading disagree about whether the data are malformed");
    }

    private delegate void Reading(ref AvroReader reader);
}

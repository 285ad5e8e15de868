using System.Buffers.Binary;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
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
            Fail(ref data, length, position, ColumnOpCode.AppendBoolean);
        }

        column.AppendAt(row, Unsafe.Add(ref data, position) != 0);
        return position + 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Int32(ref byte data, int length, int position, FixedColumn<int> column, int row)
    {
        int next = Wire.ReadLong(ref data, length, position, out long value);
        if (value != (int)value)
        {
            Fail(ref data, length, position, ColumnOpCode.AppendInt32);
        }

        column.AppendAt(row, (int)value);
        return next;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Int64(ref byte data, int length, int position, FixedColumn<long> column, int row)
    {
        int next = Wire.ReadLong(ref data, length, position, out long value);
        column.AppendAt(row, value);
        return next;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Double(ref byte data, int length, int position, FixedColumn<double> column, int row)
    {
        if (length - position < sizeof(double))
        {
            Fail(ref data, length, position, ColumnOpCode.AppendDouble);
        }

        long bits = Unsafe.ReadUnaligned<long>(ref Unsafe.Add(ref data, position));
        column.AppendAt(row, BitConverter.Int64BitsToDouble(BitConverter.IsLittleEndian ? bits : BinaryPrimitives.ReverseEndianness(bits)));
        return position + sizeof(double);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Text(ref byte data, int length, int position, BytesColumn column, int row)
    {
        int start = Wire.ReadLength(ref data, length, position, out int size);
        if (size <= BytesColumn.ShortMax && length - start >= BytesColumn.ShortMax)
        {
            // Read and written whole, whatever its length: the bytes behind it are the body's, those written over nobody's.
            Vector256<byte> text = Vector256.LoadUnsafe(ref Unsafe.Add(ref data, start));
            if ((text.ExtractMostSignificantBits() & (uint)((1UL << size) - 1)) == 0 && column.TryAppendAt(row, text, size))
            {
                return start + size;
            }
        }

        return AnyText(ref data, length, position, column, row);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Enum(ref byte data, int length, int position, BytesColumn column, int row, EnumSymbol[] symbols)
    {
        int next = Wire.ReadLong(ref data, length, position, out long index);
        if ((ulong)index >= (ulong)symbols.Length)
        {
            FailIndex(ref data, length, position, symbols.Length, isUnion: false);
        }

        ref readonly EnumSymbol symbol = ref symbols[index];
        if (!column.TryAppendAt(row, symbol.Bytes, symbol.Length))
        {
            column.AppendAt(row, symbol.Name);
        }

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
            FailIndex(ref data, length, position, branches, isUnion: true);
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
            FailEnd(ref data, length, position);
        }
    }

    /// <summary>A text that is long, at the end of the body, or not ASCII.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int AnyText(ref byte data, int length, int position, BytesColumn column, int row)
    {
        int start = Wire.ReadLength(ref data, length, position, out int size);
        ReadOnlySpan<byte> text = MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref data, start), size);
        if (!Utf8Check.IsValid(text))
        {
            Fail(ref data, length, position, ColumnOpCode.AppendText);
        }

        column.AppendAt(row, text);
        return start + size;
    }

    // What fails is read once more by the method that says why. The compiler sees that these do not return, and keeps nothing for
    // afterwards; the readers are made elsewhere, since they would be set to zero in the frame of every record.

    [DoesNotReturn]
    private static void Fail(ref byte data, int length, int position, ColumnOpCode code) => throw Error(ref data, length, position, code);

    [DoesNotReturn]
    private static void FailIndex(ref byte data, int length, int position, int count, bool isUnion) =>
        throw IndexError(ref data, length, position, count, isUnion);

    [DoesNotReturn]
    private static void FailEnd(ref byte data, int length, int position) => throw EndError(ref data, length, position);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static UnreachableException Error(ref byte data, int length, int position, ColumnOpCode code)
    {
        var reader = new AvroReader(MemoryMarshal.CreateReadOnlySpan(ref data, length), position, 0);
        switch (code)
        {
            case ColumnOpCode.AppendBoolean:
                reader.ReadBoolean();
                break;
            case ColumnOpCode.AppendInt32:
                reader.ReadInt();
                break;
            case ColumnOpCode.AppendDouble:
                reader.ReadDouble();
                break;
            case ColumnOpCode.AppendText:
                reader.ReadUtf8();
                break;
        }

        return Disagreement();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static UnreachableException IndexError(ref byte data, int length, int position, int count, bool isUnion)
    {
        var reader = new AvroReader(MemoryMarshal.CreateReadOnlySpan(ref data, length), position, 0);
        _ = isUnion ? reader.ReadUnion(count) : reader.ReadEnum(count);
        return Disagreement();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static UnreachableException EndError(ref byte data, int length, int position)
    {
        new AvroReader(MemoryMarshal.CreateReadOnlySpan(ref data, length), position, 0).ExpectEnd();
        return Disagreement();
    }

    private static UnreachableException Disagreement() => new("Two ways of reading disagree about whether the data are malformed");
}

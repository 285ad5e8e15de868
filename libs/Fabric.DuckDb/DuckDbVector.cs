using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fabric.DuckDb.Interop;

namespace Fabric.DuckDb;

/// <summary>
/// A view of one column of a chunk, or of the children of a nested one. Reading allocates nothing except where a method says
/// so. Valid as long as its chunk.
/// </summary>
public readonly unsafe struct DuckDbVector
{
    private readonly nint _vector;
    private readonly void* _data;
    private readonly ulong* _validity;

    internal DuckDbVector(nint vector, DuckDbType type, int count)
    {
        _vector = vector;
        _data = NativeMethods.duckdb_vector_get_data(vector);
        _validity = NativeMethods.duckdb_vector_get_validity(vector);
        Type = type;
        Count = count;
    }

    public DuckDbType Type { get; }

    /// <summary>Values in this vector, nulls included.</summary>
    public int Count { get; }

    public bool IsNull(int row) => _validity != null && (_validity[row >> 6] & (1UL << row)) == 0;

    /// <summary>
    /// The values as they lie in memory; null rows hold anything. <typeparamref name="T"/> has the width of the type: bool (BOOLEAN),
    /// int (INTEGER, DATE), long (BIGINT, timestamps, DECIMAL of 10..18 digits), <see cref="Int128"/> (HUGEINT, DECIMAL of 19..38) …
    /// </summary>
    /// <exception cref="InvalidOperationException"><typeparamref name="T"/> has another width than the type.</exception>
    public ReadOnlySpan<T> Values<T>()
        where T : unmanaged
    {
        if (PhysicalWidth.Of(Type) != sizeof(T))
        {
            throw new InvalidOperationException($"{Type} is not read as {typeof(T).Name}");
        }

        return new ReadOnlySpan<T>(_data, Count);
    }

    /// <summary>The bytes of a VARCHAR (UTF-8), BLOB or BIT value; empty when null.</summary>
    /// <exception cref="InvalidOperationException">The type has no bytes.</exception>
    public ReadOnlySpan<byte> Bytes(int row)
    {
        if (Type.Id is not (DuckDbTypeId.Varchar or DuckDbTypeId.Blob or DuckDbTypeId.Bit))
        {
            throw new InvalidOperationException($"{Type} is not read as bytes");
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Count);
        if (IsNull(row))
        {
            return default;
        }

        NativeString* value = (NativeString*)_data + row;
        return value->Length <= NativeString.InlineBytesMax
            ? new ReadOnlySpan<byte>(value->Inline, (int)value->Length)
            : new ReadOnlySpan<byte>(value->Pointer, (int)value->Length);
    }

    /// <summary>The unscaled value of a DECIMAL row, whatever its width.</summary>
    public Int128 Unscaled(int row) => PhysicalWidth.Of(Type) switch
    {
        2 => Values<short>()[row],
        4 => Values<int>()[row],
        8 => Values<long>()[row],
        _ => Values<Int128>()[row],
    };

    /// <summary>Where the elements (LIST, ARRAY) or entries (MAP) of a row are in <see cref="Elements"/>; empty when null.</summary>
    /// <exception cref="InvalidOperationException">The type has no elements.</exception>
    public (int Start, int Length) ElementsOf(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Count);
        switch (Type.Id)
        {
            case DuckDbTypeId.Array:
                return (row * Type.ArrayLength, IsNull(row) ? 0 : Type.ArrayLength);
            case DuckDbTypeId.List or DuckDbTypeId.Map:
                NativeListEntry entry = IsNull(row) ? default : ((NativeListEntry*)_data)[row];
                return ((int)entry.Offset, (int)entry.Length);
            default:
                throw new InvalidOperationException($"{Type} has no elements");
        }
    }

    /// <summary>All elements of a LIST or ARRAY vector; of a MAP see <see cref="MapKeys"/>.</summary>
    public DuckDbVector Elements()
    {
        if (Type.Id == DuckDbTypeId.Array)
        {
            return new DuckDbVector(
                NativeMethods.duckdb_array_vector_get_child(_vector), Type.Fields[0].Type, Count * Type.ArrayLength);
        }

        return Type.Id == DuckDbTypeId.List
            ? new DuckDbVector(NativeMethods.duckdb_list_vector_get_child(_vector), Type.Fields[0].Type, ElementCount())
            : throw new InvalidOperationException($"{Type} has no elements");
    }

    /// <summary>The keys of all entries of a MAP vector.</summary>
    public DuckDbVector MapKeys() => MapChild(0);

    /// <summary>The values of all entries of a MAP vector.</summary>
    public DuckDbVector MapValues() => MapChild(1);

    /// <summary>A member of a STRUCT vector, by position in <see cref="DuckDbType.Fields"/>; as many values as this one.</summary>
    public DuckDbVector Member(int index)
    {
        int child = Type.Id switch
        {
            DuckDbTypeId.Struct => index,
            DuckDbTypeId.Union => index + 1,
            _ => throw new InvalidOperationException($"{Type} has no members"),
        };
        return new DuckDbVector(
            NativeMethods.duckdb_struct_vector_get_child(_vector, (ulong)child), Type.Fields[index].Type, Count);
    }

    /// <summary>A member of a STRUCT vector by its exact name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public DuckDbVector Member(string name)
    {
        for (int i = 0; i < Type.Fields.Count; i++)
        {
            if (Type.Fields[i].Name == name)
            {
                return Member(i);
            }
        }

        throw new KeyNotFoundException($"{Type} has no member '{name}'");
    }

    /// <summary>
    /// A row as an object; allocates. null; bool; sbyte … ulong, <see cref="Int128"/>, <see cref="UInt128"/>; float, double;
    /// string (VARCHAR, ENUM, BIT); byte[]; <see cref="DuckDbDecimal"/>, <see cref="DuckDbDate"/>, <see cref="DuckDbTimestamp"/>,
    /// <see cref="DuckDbInterval"/>; <see cref="TimeSpan"/> (TIME); <see cref="Guid"/>; object?[] (LIST, ARRAY);
    /// <see cref="DuckDbStruct"/> (STRUCT); <see cref="DuckDbMap"/> (MAP); the member's value (UNION).
    /// </summary>
    /// <exception cref="DuckDbException">The type has no reader here: cast it to VARCHAR in the query.</exception>
    public object? GetValue(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Count);
        return IsNull(row) ? null : VectorObjects.Read(this, row);
    }

    /// <summary>The number of the member that a UNION row holds.</summary>
    internal int UnionTag(int row) =>
        ((byte*)NativeMethods.duckdb_vector_get_data(NativeMethods.duckdb_struct_vector_get_child(_vector, 0)))[row];

    private DuckDbVector MapChild(int index)
    {
        if (Type.Id != DuckDbTypeId.Map)
        {
            throw new InvalidOperationException($"{Type} has no entries");
        }

        nint entries = NativeMethods.duckdb_list_vector_get_child(_vector);
        return new DuckDbVector(
            NativeMethods.duckdb_struct_vector_get_child(entries, (ulong)index), Type.Fields[index].Type, ElementCount());
    }

    private int ElementCount() => (int)NativeMethods.duckdb_list_vector_get_size(_vector);
}

/// <summary>How wide a value of each type lies in a vector.</summary>
internal static class PhysicalWidth
{
    /// <summary>Bytes per value; 0 for types that are not plain values.</summary>
    public static int Of(DuckDbType type) => type.Id switch
    {
        DuckDbTypeId.Boolean or DuckDbTypeId.TinyInt or DuckDbTypeId.UTinyInt => 1,
        DuckDbTypeId.SmallInt or DuckDbTypeId.USmallInt => 2,
        DuckDbTypeId.Integer or DuckDbTypeId.UInteger or DuckDbTypeId.Float or DuckDbTypeId.Date => 4,
        DuckDbTypeId.BigInt or DuckDbTypeId.UBigInt or DuckDbTypeId.Double or DuckDbTypeId.Time => 8,
        DuckDbTypeId.Timestamp or DuckDbTypeId.TimestampTz or DuckDbTypeId.TimestampSeconds => 8,
        DuckDbTypeId.TimestampMilliseconds or DuckDbTypeId.TimestampNanoseconds => 8,
        DuckDbTypeId.HugeInt or DuckDbTypeId.UHugeInt or DuckDbTypeId.Uuid or DuckDbTypeId.Interval => 16,
        DuckDbTypeId.Decimal => OfDecimal(type.Precision),
        DuckDbTypeId.Enum => type.Labels.Count <= 0xFF ? 1 : type.Labels.Count <= 0xFFFF ? 2 : 4,
        _ => 0,
    };

    /// <summary>DuckDB holds decimals in the narrowest of 2, 4, 8 and 16 bytes that takes all their digits.</summary>
    public static int OfDecimal(int precision) => precision <= 4 ? 2 : precision <= 9 ? 4 : precision <= 18 ? 8 : 16;
}

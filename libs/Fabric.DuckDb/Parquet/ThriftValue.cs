namespace Fabric.DuckDb.Parquet;

/// <summary>Type codes of Thrift's compact protocol.</summary>
internal enum ThriftType : byte
{
    Stop = 0,
    True = 1,
    False = 2,
    Byte = 3,
    Int16 = 4,
    Int32 = 5,
    Int64 = 6,
    Double = 7,
    Binary = 8,
    List = 9,
    Set = 10,
    Map = 11,
    Struct = 12,
}

/// <summary>
/// A value of Thrift's compact protocol as a tree: unknown fields survive being read, changed beside and written again.
/// </summary>
internal sealed class ThriftValue(ThriftType type)
{
    // Most values are leaves: they share what stays empty.
    private static readonly List<ThriftValue> NoItems = [];
    private static readonly List<(short Id, ThriftValue Value)> NoFields = [];

    public ThriftType Type { get; } = type;

    /// <summary>Booleans (0, 1) and integers; the bits of a double.</summary>
    public long Integer { get; init; }

    public byte[] Bytes { get; init; } = [];

    /// <summary>Type of the items of a list or set.</summary>
    public ThriftType ItemType { get; init; }

    public List<ThriftValue> Items { get; init; } = NoItems;

    /// <summary>Fields of a struct in the order of the file, which is ascending in files of every known writer.</summary>
    public List<(short Id, ThriftValue Value)> Fields { get; init; } = NoFields;

    public ThriftValue? this[short id]
    {
        get
        {
            foreach ((short fieldId, ThriftValue value) in Fields)
            {
                if (fieldId == id)
                {
                    return value;
                }
            }

            return null;
        }
    }

    public void Remove(short id) => Fields.RemoveAll(field => field.Id == id);

    public static ThriftValue Boolean(bool value) =>
        new(value ? ThriftType.True : ThriftType.False) { Integer = value ? 1 : 0 };
}

using System.Text;

namespace Fabric.DuckDb.Parquet;

/// <summary>Physical types of parquet.thrift.</summary>
internal enum ParquetPhysicalType
{
    Boolean = 0,
    Int32 = 1,
    Int64 = 2,
    Int96 = 3,
    Float = 4,
    Double = 5,
    ByteArray = 6,
    FixedLenByteArray = 7,
}

/// <summary>A column of a Parquet schema that holds values: its path and what its bytes mean.</summary>
internal sealed record ParquetLeaf(IReadOnlyList<string> Path, ParquetPhysicalType Physical, bool IsText, bool IsDecimal, bool IsUnsigned)
{
    private const int DepthMax = 64;

    // ConvertedType: 0 UTF8, 5 DECIMAL, 11..14 UINT_8..UINT_64, 19 JSON, 4 ENUM. LogicalType: 1 STRING, 4 ENUM, 5 DECIMAL,
    // 10 INTEGER {2 isSigned}, 12 JSON.

    /// <summary>The leaves of a schema, which is a list of elements in depth-first order, the root first.</summary>
    public static List<ParquetLeaf> Read(ThriftValue metadata, string file)
    {
        List<ThriftValue> elements = metadata[2]?.Items ?? throw ParquetFooter.Malformed(file, "it has no schema");
        var leaves = new List<ParquetLeaf>();
        int next = 0;
        if (elements.Count == 0)
        {
            throw ParquetFooter.Malformed(file, "its schema is empty");
        }

        long children = elements[next++][5]?.Integer ?? 0;
        for (long i = 0; i < children; i++)
        {
            Walk(elements, ref next, [], leaves, file);
        }

        return next == elements.Count ? leaves : throw ParquetFooter.Malformed(file, "its schema has elements left over");
    }

    private static void Walk(
        List<ThriftValue> elements, ref int next, string[] above, List<ParquetLeaf> leaves, string file)
    {
        if (next >= elements.Count || above.Length >= DepthMax)
        {
            throw ParquetFooter.Malformed(file, "its schema ends early or nests too deep");
        }

        ThriftValue element = elements[next++];
        string[] path = [.. above, Encoding.UTF8.GetString(element[4]?.Bytes ?? [])];
        long children = element[5]?.Integer ?? 0;
        if (children == 0 && element[1] is { } type)
        {
            leaves.Add(Leaf(path, (ParquetPhysicalType)type.Integer, element));
        }

        for (long i = 0; i < children; i++)
        {
            Walk(elements, ref next, path, leaves, file);
        }
    }

    private static ParquetLeaf Leaf(string[] path, ParquetPhysicalType physical, ThriftValue element)
    {
        long converted = element[6]?.Integer ?? -1;
        ThriftValue? logical = element[10];
        bool isText = converted is 0 or 4 or 19 || logical?[1] is not null || logical?[4] is not null || logical?[12] is not null;
        bool isDecimal = converted == 5 || logical?[5] is not null;
        bool isUnsigned = converted is >= 11 and <= 14 || logical?[10]?[2] is { Integer: 0 };
        return new ParquetLeaf(path, physical, isText, isDecimal, isUnsigned);
    }
}

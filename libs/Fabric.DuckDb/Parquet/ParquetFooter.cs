using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Fabric.DuckDb.Parquet;

/// <summary>
/// The metadata at the end of a Parquet file (apache/parquet-format, parquet.thrift): read, interpreted, and rewritten without
/// statistics that must not be there.
/// </summary>
/// <remarks>
/// <code>
/// "PAR1" · pages · FileMetaData (Thrift compact) · its length, int32 little-endian · "PAR1"
/// </code>
/// </remarks>
internal sealed class ParquetFooter
{
    private const int TailBytes = 8;
    private const int FooterBytesMax = 256 << 20;
    private static readonly byte[] Magic = "PAR1"u8.ToArray();

    // Statistics: 1 max, 2 min (deprecated), 5 max_value, 6 min_value, 7 is_max_value_exact, 8 is_min_value_exact.
    private static readonly short[] BoundFields = [1, 2, 5, 6, 7, 8];

    private readonly string _path;
    private readonly long _fileBytes;
    private readonly int _footerBytes;
    private readonly ThriftValue _metadata;

    private ParquetFooter(string path, long fileBytes, int footerBytes, ThriftValue metadata)
    {
        _path = path;
        _fileBytes = fileBytes;
        _footerBytes = footerBytes;
        _metadata = metadata;
    }

    public static ParquetFooter Read(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            byte[] footer = ReadFooterBytes(file, path);
            return Parse(path, file.Length, footer);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DuckDbException(DuckDbErrorCodes.Io, "The file cannot be read", path, isRetriable: true, exception);
        }
    }

    /// <summary>Interprets footer bytes that were read elsewhere.</summary>
    public static ParquetFooter Parse(string path, long fileBytes, ReadOnlySpan<byte> footer) =>
        new(path, fileBytes, footer.Length, new ThriftReader(footer).ReadStruct());

    public ParquetFileInfo ToInfo()
    {
        var leaves = ParquetLeaf.Read(_metadata, _path);
        var merged = new ColumnBounds[leaves.Count];
        IReadOnlyList<ThriftValue> rowGroups = _metadata[4]?.Items ?? [];
        foreach (ThriftValue rowGroup in rowGroups)
        {
            List<ThriftValue> chunks = rowGroup[1]?.Items ?? [];
            if (chunks.Count != leaves.Count)
            {
                throw Malformed(_path, $"a row group has {chunks.Count} columns, the schema {leaves.Count}");
            }

            for (int i = 0; i < merged.Length; i++)
            {
                merged[i].Add(leaves[i], chunks[i][3] ?? throw Malformed(_path, "a column chunk has no metadata"));
            }
        }

        var columns = new ParquetColumnStatistics[leaves.Count];
        for (int i = 0; i < columns.Length; i++)
        {
            columns[i] = merged[i].ToStatistics(leaves[i]);
        }

        long rows = _metadata[3]?.Integer ?? throw Malformed(_path, "it states no row count");
        return new ParquetFileInfo(_path, rows, _fileBytes, _footerBytes, rowGroups.Count, columns);
    }

    /// <summary>Removes bounds of the named top-level columns and puts the shorter footer in the old one's place.</summary>
    /// <returns>The footer as the file now has it.</returns>
    /// <remarks>Only for files that nobody reads yet: between truncation and write the file is not valid.</remarks>
    public ParquetFooter WithholdBounds(IReadOnlyCollection<string> columns)
    {
        foreach (ThriftValue rowGroup in _metadata[4]?.Items ?? [])
        {
            foreach (ThriftValue chunk in rowGroup[1]?.Items ?? [])
            {
                Withhold(chunk, columns);
            }
        }

        var output = new ArrayBufferWriter<byte>(_footerBytes + TailBytes);
        ThriftWriter.WriteStruct(_metadata, output);
        int footerBytes = output.WrittenCount;
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(4), footerBytes);
        output.Advance(4);
        output.Write(Magic);
        long start = _fileBytes - TailBytes - _footerBytes;
        using FileStream file = File.Open(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        file.SetLength(start);
        file.Position = start;
        file.Write(output.WrittenSpan);
        return new ParquetFooter(_path, start + output.WrittenCount, footerBytes, _metadata);
    }

    public static DuckDbException Malformed(string path, string what) =>
        new(DuckDbErrorCodes.ParquetMalformed, $"Not a Parquet file that can be read: {what}", path);

    private static void Withhold(ThriftValue chunk, IReadOnlyCollection<string> columns)
    {
        ThriftValue? metadata = chunk[3];
        List<ThriftValue> path = metadata?[3]?.Items ?? [];
        if (path.Count == 0 || !columns.Contains(Encoding.UTF8.GetString(path[0].Bytes), StringComparer.OrdinalIgnoreCase))
        {
            return;
        }

        foreach (short bound in BoundFields)
        {
            metadata![12]?.Remove(bound);
        }
    }

    private static byte[] ReadFooterBytes(FileStream file, string path)
    {
        Span<byte> tail = stackalloc byte[TailBytes];
        if (file.Length < Magic.Length + TailBytes)
        {
            throw Malformed(path, $"it has {file.Length} bytes");
        }

        file.Position = file.Length - TailBytes;
        file.ReadExactly(tail);
        if (!tail[4..].SequenceEqual(Magic))
        {
            throw Malformed(path, "it does not end in PAR1");
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(tail);
        if (length <= 0 || length > FooterBytesMax || length > file.Length - TailBytes - Magic.Length)
        {
            throw Malformed(path, $"it claims a footer of {length} bytes");
        }

        byte[] footer = new byte[length];
        file.Position = file.Length - TailBytes - length;
        file.ReadExactly(footer);
        return footer;
    }
}

namespace Fabric.DuckDb;

/// <summary>How Parquet files are written. The defaults are the safe profile: every reader takes it.</summary>
public sealed record ParquetFileOptions
{
    /// <summary>
    /// Distinct values of a row group beyond which a column goes without a dictionary. DuckDB's own limit, a fifth of the rows,
    /// gives one to times, offsets and measured values, where plain values under zstd are smaller (recorded plant: a fifth of the
    /// file, bench/Fabric.Lakehouse.Bench plant) and no bloom filter is written for them.
    /// </summary>
    private const int DictionaryEntriesMax = 4_096;

    /// <summary>Rows per row group. Default 122,880; at least 2,048, and rounded up to a multiple of that.</summary>
    public int RowGroupRows { get; init; } = 122_880;

    /// <summary>
    /// Second version of data pages, with DELTA_BINARY_PACKED and BYTE_STREAM_SPLIT: faster and for some data smaller, but not
    /// every reader takes it (Spark's vectorized one does not). Default false.
    /// </summary>
    public bool PageVersion2 { get; init; }

    /// <summary>How columns are compressed. Default zstd.</summary>
    public ParquetCompression Compression { get; init; } = ParquetCompression.Zstd;

    /// <summary>Effort of zstd, 1..22. Default 3.</summary>
    public int ZstdLevel { get; init; } = 3;

    /// <summary>
    /// Columns (for nested ones: of the top level) whose minimum and maximum must not stand in the footer, because they quote
    /// values. Where any is named, the file has no bloom filters either: those answer whether a value occurs. Null counts stay.
    /// </summary>
    public IReadOnlyCollection<string> WithheldColumns { get; init; } = [];

    /// <summary>
    /// Whether columns of few distinct values get a dictionary. Default true. DuckDB takes -0.0 and +0.0 for one entry of a
    /// dictionary, so the second sign that occurs is lost: a writer that is given batches sees both and does without for that file;
    /// for rows of a query nobody looks, and what must keep the sign says false.
    /// </summary>
    public bool Dictionaries { get; init; } = true;

    internal string ToCopyOptions()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(RowGroupRows, 2_048, nameof(RowGroupRows));
        if (ZstdLevel is < 1 or > 22)
        {
            throw new ArgumentOutOfRangeException(nameof(ZstdLevel), ZstdLevel, "1 to 22");
        }

        string level = Compression == ParquetCompression.Zstd ? FormattableString.Invariant($", COMPRESSION_LEVEL {ZstdLevel}") : "";
        string bloom = WithheldColumns.Count > 0 ? ", WRITE_BLOOM_FILTER false" : "";
        int entries = Dictionaries ? DictionaryEntriesMax : 0;
        string version = PageVersion2 ? "v2" : "v1";
        return FormattableString.Invariant(
            $"FORMAT parquet, COMPRESSION {CompressionName()}{level}, PARQUET_VERSION {version}, ROW_GROUP_SIZE {RowGroupRows}, DICTIONARY_SIZE_LIMIT {entries}")
            + bloom;
    }

    private string CompressionName() => Compression switch
    {
        ParquetCompression.None => "uncompressed",
        ParquetCompression.Snappy => "snappy",
        ParquetCompression.Lz4Raw => "lz4_raw",
        _ => "zstd",
    };
}

/// <summary>Compression codecs that every current reader of Parquet knows.</summary>
public enum ParquetCompression
{
    None,
    Snappy,
    Lz4Raw,
    Zstd,
}

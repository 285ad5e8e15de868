namespace Fabric.Lakehouse.Tables;

/// <summary>When buffered rows become a commit: whichever comes first. The wall clock counts from the first buffered record.</summary>
/// <param name="Rows">1 or more; default 1,000,000.</param>
/// <param name="Bytes">Uncompressed bytes in memory; default 128 MiB.</param>
/// <param name="Every">Default 60 s; bounds how old a row can be before it is in the table.</param>
public sealed record FlushPolicy(long Rows, long Bytes, TimeSpan Every)
{
    public static readonly FlushPolicy Default = new(1_000_000, 128L << 20, TimeSpan.FromSeconds(60));
}

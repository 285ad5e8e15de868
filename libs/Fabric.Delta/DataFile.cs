using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Fabric.Core;
using Fabric.Core.Storage;
using Fabric.Delta.Actions;
using Fabric.Delta.Log;

namespace Fabric.Delta;

/// <summary>Names for new data files, and the <c>add</c> of a finished one.</summary>
public static class DataFile
{
    private const string NullFolder = "__HIVE_DEFAULT_PARTITION__";

    // Folder names longer than this are cut and told apart by a hash: file systems allow 255 bytes, and no reader parses them.
    private const int FolderBytesMax = 200;
    private const int FolderBytesKept = 150;

    // Hive's FileUtils.escapePathName.
    private static readonly SearchValues<char> Escaped = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(c => (char)c), '\x7F', .. "\"#%'*/:=?\\{[]^"]);

    /// <summary>
    /// A name no other file has, relative to the table: a Hive-style folder per partition column, then
    /// <c>part-00000-id.zstd.parquet</c>. Stage the file at the table's path joined with it.
    /// </summary>
    /// <param name="partitionColumns">In the table's order.</param>
    /// <param name="partitionValues">As the log writes them (<see cref="Reading.PartitionValue.Format"/>).</param>
    public static string NewPath(
        IReadOnlyList<string> partitionColumns, IReadOnlyDictionary<string, string?> partitionValues, IIdSource ids)
    {
        var path = new StringBuilder();
        foreach (string column in partitionColumns)
        {
            string? value = partitionValues[column];
            string folder = $"{HiveEscape(column)}={(string.IsNullOrEmpty(value) ? NullFolder : HiveEscape(value))}";
            path.Append(Shortened(folder)).Append('/');
        }

        return path.Append(CultureInfo.InvariantCulture, $"part-00000-{ids.NewId()}.zstd.parquet").ToString();
    }

    /// <summary>The action that makes a finished file part of the table.</summary>
    /// <param name="table">Whose folder the file is in.</param>
    /// <param name="file">As <see cref="IObjectStore.FinishAsync"/> gave it.</param>
    /// <param name="stats">As <see cref="Statistics.DeltaStatistics.Write"/> gives it; null for none.</param>
    /// <param name="tags">Notes that checkpoints keep.</param>
    /// <exception cref="ArgumentException">The file is not in the table's folder.</exception>
    public static AddAction ToAdd(
        DeltaTable table, StoredObject file, IReadOnlyDictionary<string, string?> partitionValues, string? stats,
        IReadOnlyDictionary<string, string?>? tags = null)
    {
        string prefix = table.Path.Length == 0 ? "" : table.Path + "/";
        return file.Path.StartsWith(prefix, StringComparison.Ordinal)
            ? new AddAction(
                DataPath.Encode(file.Path[prefix.Length..]), partitionValues, file.Size,
                file.ModifiedAt.ToUnixTimeMilliseconds(), true, stats, tags)
            : throw new ArgumentException($"'{file.Path}' is not in '{table.Path}'", nameof(file));
    }

    private static string HiveEscape(string text)
    {
        if (!text.AsSpan().ContainsAny(Escaped))
        {
            return text;
        }

        var escaped = new StringBuilder(text.Length + 16);
        foreach (char c in text)
        {
            _ = Escaped.Contains(c)
                ? escaped.Append(CultureInfo.InvariantCulture, $"%{(int)c:X2}")
                : escaped.Append(c);
        }

        return escaped.ToString();
    }

    private static string Shortened(string folder)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(folder);
        if (bytes.Length <= FolderBytesMax)
        {
            return folder;
        }

        int kept = folder.Length;
        while (Encoding.UTF8.GetByteCount(folder.AsSpan(0, kept)) > FolderBytesKept || char.IsHighSurrogate(folder[kept - 1]))
        {
            kept--;
        }

        return $"{folder[..kept]}~{Convert.ToHexStringLower(SHA256.HashData(bytes))[..16]}";
    }
}

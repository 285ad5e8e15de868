namespace Fabric.DuckDb.Parquet;

/// <summary>One COPY … TO, and what must hold around it.</summary>
internal static class ParquetCopy
{
    public static ParquetFileInfo Run(
        DuckDbConnection connection, string query, string path, ParquetFileOptions options, CancellationToken cancellationToken)
    {
        string copyOptions = options.ToCopyOptions();
        if (File.Exists(path))
        {
            throw new DuckDbException(DuckDbErrorCodes.FileExists, "The file to write is already there", path);
        }

        try
        {
            connection.Execute($"COPY ({query}) TO {SqlText.Literal(path)} ({copyOptions})", cancellationToken);
            ParquetFooter footer = ParquetFooter.Read(path);
            if (options.WithheldColumns.Count > 0)
            {
                footer = footer.WithholdBounds(options.WithheldColumns);
            }

            return footer.ToInfo();
        }
        catch
        {
            if (File.Exists(path))
            {
                File.Delete(path);
            }

            throw;
        }
    }

    /// <summary>DuckDB works on the thread that calls it, for seconds: never one of the pool's.</summary>
    public static Task<T> OnOwnThreadAsync<T>(Func<T> work, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(work, cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}

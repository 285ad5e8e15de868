namespace Fabric.DuckDb;

/// <summary>The values of <see cref="Fabric.Core.FabricException.Code"/> that <see cref="DuckDbException"/> carries.</summary>
public static class DuckDbErrorCodes
{
    /// <summary>The native library is absent or cannot be loaded.</summary>
    public const string LibraryMissing = "DUCKDB_LIBRARY_MISSING";

    /// <summary>The database could not be opened or configured.</summary>
    public const string Open = "DUCKDB_OPEN";

    /// <summary>The statement does not parse or does not fit the catalogue (names, types, parameters).</summary>
    public const string Statement = "DUCKDB_STATEMENT";

    /// <summary>The statement failed while it ran: conversion, constraint, missing or unreadable file.</summary>
    public const string Execution = "DUCKDB_EXECUTION";

    /// <summary>The statement asked for what the confinement forbids.</summary>
    public const string Forbidden = "DUCKDB_FORBIDDEN";

    /// <summary>Reading or writing failed outside DuckDB: disk full, permissions. Retriable.</summary>
    public const string Io = "DUCKDB_IO";

    /// <summary>The memory limit does not suffice. Retriable with less work at once.</summary>
    public const string OutOfMemory = "DUCKDB_OUT_OF_MEMORY";

    /// <summary>A column has a type that has no typed reader: cast it to VARCHAR.</summary>
    public const string UnsupportedType = "DUCKDB_UNSUPPORTED_TYPE";

    /// <summary>A text value of a batch is not UTF-8.</summary>
    public const string TextNotUtf8 = "DUCKDB_TEXT_NOT_UTF8";

    /// <summary>A decimal value has more digits than its column.</summary>
    public const string DecimalOutOfRange = "DUCKDB_DECIMAL_OUT_OF_RANGE";

    /// <summary>The file to write is already there.</summary>
    public const string FileExists = "DUCKDB_FILE_EXISTS";

    /// <summary>The footer of a Parquet file cannot be decoded.</summary>
    public const string ParquetMalformed = "PARQUET_MALFORMED";
}

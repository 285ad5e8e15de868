namespace Fabric.DuckDb;

/// <summary>A column by name and type in DuckDB's SQL.</summary>
/// <param name="Name">Exact name.</param>
/// <param name="SqlType">
/// E.g. <c>BIGINT</c>, <c>TIMESTAMPTZ</c>, <c>STRUCT("path" VARCHAR, "partitionValues" MAP(VARCHAR, VARCHAR))</c>. Trusted text: it goes
/// into SQL as it is.
/// </param>
public sealed record ParquetColumn(string Name, string SqlType);

using Fabric.Core;

namespace Fabric.DuckDb;

/// <summary>
/// DuckDB refused or could not do something, or a Parquet file is not what it should be. DuckDB's own words are in the
/// message; they may quote a literal of the statement that failed, so statements over governed data pass values as parameters.
/// </summary>
public sealed class DuckDbException : FabricException
{
    internal DuckDbException(
        string code, string message, string where = "", bool isRetriable = false, Exception? innerException = null)
        : base(code, message, where, isRetriable, innerException)
    {
    }
}

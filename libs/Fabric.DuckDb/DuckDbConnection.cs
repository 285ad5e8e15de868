using System.Text;
using Fabric.DuckDb.Interop;

namespace Fabric.DuckDb;

/// <summary>
/// One session. Not thread-safe, except <see cref="Interrupt"/> and <see cref="Progress"/>; work in parallel takes one connection each.
/// Statements run synchronously on the calling thread (with <see cref="DuckDbOptions.Threads"/> = 1, on it alone).
/// </summary>
public sealed class DuckDbConnection : IDisposable
{
    internal DuckDbConnection(ConnectionHandle handle) => Handle = handle;

    /// <summary>
    /// How far the running statement is, 0..100 percent (scans of tables and files know); -1 when DuckDB cannot tell, or
    /// <see cref="EnableProgress"/> was not called.
    /// </summary>
    public double Progress => NativeMethods.duckdb_query_progress(Handle).Percentage;

    internal ConnectionHandle Handle { get; }

    /// <summary>Runs one or more statements and forgets their results.</summary>
    /// <returns>Rows that the last statement inserted, changed or deleted; 0 for other kinds.</returns>
    /// <exception cref="DuckDbException">A statement failed; those before it are done.</exception>
    /// <exception cref="OperationCanceledException">The token ended the running statement.</exception>
    public long Execute(string sql, CancellationToken cancellationToken = default)
    {
        long changed = 0;
        using ExtractedStatementsHandle statements = Extract(sql, out int count);
        for (int i = 0; i < count; i++)
        {
            using DuckDbStatement statement = PrepareExtracted(statements, i);
            changed = statement.Execute(cancellationToken);
        }

        return changed;
    }

    /// <summary>Runs a script; the rows of its last statement come in chunks, as they are made.</summary>
    /// <returns>A result the caller disposes before it uses this connection again.</returns>
    /// <exception cref="DuckDbException">A statement failed.</exception>
    /// <exception cref="OperationCanceledException">The token ended the running statement.</exception>
    public DuckDbResult Query(string sql, CancellationToken cancellationToken = default)
    {
        using ExtractedStatementsHandle statements = Extract(sql, out int count);
        for (int i = 0; i < count - 1; i++)
        {
            using DuckDbStatement before = PrepareExtracted(statements, i);
            before.Execute(cancellationToken);
        }

        using DuckDbStatement last = PrepareExtracted(statements, count - 1);
        return last.Query(cancellationToken);
    }

    /// <summary>Prepares one statement, with parameters <c>?</c>, <c>$1</c> or <c>$name</c>. The caller disposes it.</summary>
    /// <exception cref="DuckDbException">It does not parse, does not fit the catalogue, or is more than one statement.</exception>
    public DuckDbStatement Prepare(string sql)
    {
        using ExtractedStatementsHandle statements = Extract(sql, out int count);
        if (count != 1)
        {
            throw new DuckDbException(DuckDbErrorCodes.Statement, $"One statement was expected, found {count}");
        }

        return PrepareExtracted(statements, 0);
    }

    /// <summary>
    /// Prepares one statement of somebody who may read and not write. Confinement alone does not suffice for that: it allows
    /// COPY … TO inside the folders it names.
    /// </summary>
    /// <exception cref="DuckDbException">As <see cref="Prepare"/>, and with code DUCKDB_FORBIDDEN for all that is not a SELECT.</exception>
    public DuckDbStatement PrepareSelect(string sql)
    {
        RequireSubquery(sql);
        DuckDbStatement statement = Prepare(sql);
        if (statement.Kind == DuckDbStatementKind.Select)
        {
            return statement;
        }

        using (statement)
        {
            throw new DuckDbException(
                DuckDbErrorCodes.Forbidden, $"Only SELECT is allowed here, found {statement.Kind.ToString().ToUpperInvariant()}");
        }
    }

    /// <summary>The first column of the first row, as <see cref="DuckDbVector.GetValue"/> gives it; null when there is no row.</summary>
    public object? Scalar(string sql, CancellationToken cancellationToken = default)
    {
        using DuckDbResult result = Query(sql, cancellationToken);
        return result.NextChunk() ? result.Chunk[0].GetValue(0) : null;
    }

    /// <summary>Makes <see cref="Progress"/> tell something, without DuckDB printing it.</summary>
    /// <exception cref="DuckDbException">The configuration is locked: see <see cref="DuckDbDatabase.LockConfiguration"/>.</exception>
    public void EnableProgress() =>
        Execute("SET enable_progress_bar=true; SET enable_progress_bar_print=false; SET progress_bar_time=0");

    /// <summary>Ends the running statement, from any thread; harmless when none runs.</summary>
    public void Interrupt() => NativeMethods.duckdb_interrupt(Handle);

    public void Dispose() => Handle.Dispose();

    /// <summary>
    /// Only parses, which touches nothing: preparing already does, EXPORT DATABASE for one makes its folder then. Whatever can stand
    /// where a subquery can is no such statement.
    /// </summary>
    private void RequireSubquery(string sql)
    {
        using ExtractedStatementsHandle alone = Extract(sql, out int count);
        if (count != 1)
        {
            throw new DuckDbException(DuckDbErrorCodes.Statement, $"One statement was expected, found {count}");
        }

        try
        {
            using ExtractedStatementsHandle inside = Extract($"SELECT * FROM (\n{sql.TrimEnd(';', ' ', '\n', '\r', '\t')}\n)", out count);
        }
        catch (DuckDbException exception)
        {
            throw new DuckDbException(
                DuckDbErrorCodes.Forbidden, "Only one SELECT is allowed here", innerException: exception);
        }
    }

    private unsafe ExtractedStatementsHandle Extract(string sql, out int count)
    {
        if (sql.Contains('\0', StringComparison.Ordinal))
        {
            throw new DuckDbException(DuckDbErrorCodes.Statement, "A statement cannot hold U+0000");
        }

        byte[] text = new byte[Encoding.UTF8.GetByteCount(sql) + 1];
        Encoding.UTF8.GetBytes(sql, text);
        fixed (byte* pointer = text)
        {
            count = (int)NativeMethods.duckdb_extract_statements(Handle, pointer, out ExtractedStatementsHandle statements);
            if (count > 0)
            {
                return statements;
            }

            using (statements)
            {
                string error = statements.IsInvalid
                    ? "" : NativeText.Borrowed(NativeMethods.duckdb_extract_statements_error(statements));
                throw error.Length == 0
                    ? new DuckDbException(DuckDbErrorCodes.Statement, "The SQL text holds no statement")
                    : DuckDbErrors.Translate(error);
            }
        }
    }

    private DuckDbStatement PrepareExtracted(ExtractedStatementsHandle statements, int index)
    {
        NativeState state = NativeMethods.duckdb_prepare_extracted_statement(
            Handle, statements, (ulong)index, out StatementHandle statement);
        if (state == NativeState.Success)
        {
            return new DuckDbStatement(this, statement);
        }

        using (statement)
        {
            string error = statement.IsInvalid ? "" : NativeText.Borrowed(NativeMethods.duckdb_prepare_error(statement));
            throw DuckDbErrors.Translate(error);
        }
    }
}

using System.Runtime.CompilerServices;
using System.Text;
using Fabric.DuckDb.Interop;

namespace Fabric.DuckDb;

/// <summary>
/// A prepared statement. Parameters are numbered from 1 and keep their values between executions. Not thread-safe.
/// </summary>
public sealed unsafe class DuckDbStatement : IDisposable
{
    private readonly DuckDbConnection _connection;
    private readonly StatementHandle _handle;

    internal DuckDbStatement(DuckDbConnection connection, StatementHandle handle)
    {
        _connection = connection;
        _handle = handle;
    }

    /// <summary>What the statement does.</summary>
    public DuckDbStatementKind Kind => NativeMethods.duckdb_prepared_statement_type(_handle);

    /// <summary>How many parameters the statement has.</summary>
    public int ParameterCount => (int)NativeMethods.duckdb_nparams(_handle);

    /// <summary>The number of the parameter <c>$name</c>.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public int ParameterIndex(string name) =>
        NativeMethods.duckdb_bind_parameter_index(_handle, out ulong index, name) == NativeState.Success
            ? (int)index
            : throw new ArgumentException($"The statement has no parameter '{name}'", nameof(name));

    public void BindNull(int parameter) => Check(NativeMethods.duckdb_bind_null(_handle, (ulong)parameter), parameter);

    public void Bind(int parameter, bool value) =>
        Check(NativeMethods.duckdb_bind_boolean(_handle, (ulong)parameter, value), parameter);

    public void Bind(int parameter, long value) =>
        Check(NativeMethods.duckdb_bind_int64(_handle, (ulong)parameter, value), parameter);

    public void Bind(int parameter, Int128 value) =>
        Check(
            NativeMethods.duckdb_bind_hugeint(_handle, (ulong)parameter, Unsafe.BitCast<Int128, NativeHugeInt>(value)), parameter);

    public void Bind(int parameter, double value) =>
        Check(NativeMethods.duckdb_bind_double(_handle, (ulong)parameter, value), parameter);

    public void Bind(int parameter, DuckDbDate value) =>
        Check(NativeMethods.duckdb_bind_date(_handle, (ulong)parameter, value.Days), parameter);

    /// <summary>Binds a TIMESTAMP WITH TIME ZONE, in microseconds.</summary>
    public void Bind(int parameter, DateTimeOffset value) =>
        Check(
            NativeMethods.duckdb_bind_timestamp_tz(_handle, (ulong)parameter, DuckDbTimestamp.FromDateTimeOffset(value).Micros),
            parameter);

    public void Bind(int parameter, string value) => BindText(parameter, Encoding.UTF8.GetBytes(value));

    /// <summary>Binds text that is UTF-8 already.</summary>
    public void BindText(int parameter, ReadOnlySpan<byte> utf8)
    {
        fixed (byte* text = utf8)
        {
            byte empty;
            Check(
                NativeMethods.duckdb_bind_varchar_length(
                    _handle, (ulong)parameter, text is null ? &empty : text, (ulong)utf8.Length),
                parameter);
        }
    }

    /// <summary>Binds a BLOB.</summary>
    public void BindBlob(int parameter, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* data = bytes)
        {
            byte empty;
            Check(
                NativeMethods.duckdb_bind_blob(_handle, (ulong)parameter, data is null ? &empty : data, (ulong)bytes.Length),
                parameter);
        }
    }

    /// <summary>Forgets the values of all parameters.</summary>
    public void ClearBindings() => NativeMethods.duckdb_clear_bindings(_handle);

    /// <summary>Runs to the end and forgets the rows.</summary>
    /// <returns>Rows inserted, changed or deleted.</returns>
    /// <exception cref="DuckDbException">The statement failed.</exception>
    /// <exception cref="OperationCanceledException">The token ended it.</exception>
    public long Execute(CancellationToken cancellationToken = default)
    {
        using ResultHandle result = Run(streaming: false, cancellationToken);
        return (long)NativeMethods.duckdb_rows_changed(result.Pointer);
    }

    /// <summary>Runs; the rows come in chunks, as they are made. One open result per connection.</summary>
    /// <returns>A result the caller disposes before the connection is used again.</returns>
    /// <exception cref="DuckDbException">The statement failed.</exception>
    /// <exception cref="OperationCanceledException">The token ended it.</exception>
    public DuckDbResult Query(CancellationToken cancellationToken = default) =>
        new(_connection, Run(streaming: true, cancellationToken), cancellationToken);

    public void Dispose() => _handle.Dispose();

    private ResultHandle Run(bool streaming, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        NativeState state = streaming
            ? NativeMethods.duckdb_pending_prepared_streaming(_handle, out PendingHandle pending)
            : NativeMethods.duckdb_pending_prepared(_handle, out pending);
        using (pending)
        {
            if (state != NativeState.Success)
            {
                throw DuckDbErrors.Translate(PendingError(pending));
            }

            // The query is begun: an interrupt from here on is not lost, and an already cancelled token interrupts at once.
            using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
                static connection => ((DuckDbConnection)connection!).Interrupt(), _connection);
            return Drive(pending, cancellationToken);
        }
    }

    private static ResultHandle Drive(PendingHandle pending, CancellationToken cancellationToken)
    {
        NativePendingState state;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            state = NativeMethods.duckdb_pending_execute_task(pending);
        }
        while (state == NativePendingState.ResultNotReady);

        var result = new ResultHandle();
        if (state != NativePendingState.Error
            && NativeMethods.duckdb_execute_pending(pending, result.Pointer) == NativeState.Success)
        {
            return result;
        }

        using (result)
        {
            string error = state == NativePendingState.Error
                ? PendingError(pending) : NativeText.Borrowed(NativeMethods.duckdb_result_error(result.Pointer));
            if (DuckDbErrors.IsInterrupt(error))
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            throw DuckDbErrors.Translate(error);
        }
    }

    private static string PendingError(PendingHandle pending) =>
        pending.IsInvalid ? "" : NativeText.Borrowed(NativeMethods.duckdb_pending_error(pending));

    private static void Check(NativeState state, int parameter)
    {
        if (state != NativeState.Success)
        {
            throw new ArgumentOutOfRangeException(nameof(parameter), parameter, "The statement has no such parameter");
        }
    }
}

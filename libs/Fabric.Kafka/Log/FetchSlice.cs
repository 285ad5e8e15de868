using Fabric.Kafka.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Kafka.Log;

/// <summary>
/// What a read answers: whole batches as they stand in a segment's file, not copied yet. The first may begin below the offset
/// asked for. The file stays open, even if its segment is deleted, until this is disposed; the reader disposes it on any thread.
/// </summary>
internal sealed class FetchSlice : IDisposable
{
    private readonly SegmentFile? _file;
    private int _isDisposed;

    private FetchSlice(ErrorCode error, SegmentFile? file, long position, int length)
    {
        Error = error;
        _file = file;
        Position = position;
        Length = length;
        AbortedTransactions = [];
    }

    /// <summary>None, OffsetOutOfRange, or KafkaStorageError when the disk failed.</summary>
    public ErrorCode Error { get; }

    /// <summary>Bytes of batches; 0 when there is nothing to read yet.</summary>
    public int Length { get; }

    /// <summary>Where they begin in <see cref="Handle"/>.</summary>
    public long Position { get; }

    /// <summary>The segment's file; null when <see cref="Length"/> is 0.</summary>
    public SafeFileHandle? Handle => _file?.File.Handle;

    /// <summary>For read_committed: what the client must drop. Empty otherwise, never null.</summary>
    public IReadOnlyList<AbortedTransaction> AbortedTransactions { get; init; }

    /// <summary>First offset after the slice; the offset asked for when it is empty.</summary>
    public long EndOffset { get; init; }

    public static FetchSlice Failed(ErrorCode error) => new(error, null, 0, 0);

    public static FetchSlice Empty(long offset) => new(ErrorCode.None, null, 0, 0) { EndOffset = offset };

    /// <summary>Takes hold of the file. Called on the loop, which holds it already.</summary>
    public static FetchSlice Of(
        SegmentFile file, long position, int length, long endOffset, IReadOnlyList<AbortedTransaction> aborted)
    {
        file.Hold();
        return new FetchSlice(ErrorCode.None, file, position, length)
        {
            EndOffset = endOffset, AbortedTransactions = aborted,
        };
    }

    /// <summary>Copies bytes from <paramref name="from"/> within the slice until <paramref name="into"/> is full.</summary>
    /// <exception cref="IOException">The disk failed, or the file is shorter than it was.</exception>
    public void CopyTo(int from, Span<byte> into)
    {
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)from + into.Length, Length);
        if (_file is not null && _file.File.Read(Position + from, into) < into.Length)
        {
            throw new IOException($"A segment ends before byte {Position + from + into.Length}, which was there before");
        }
    }

    /// <summary>All of it, copied.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Length];
        CopyTo(0, bytes);
        return bytes;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _file?.Release();
        }
    }
}

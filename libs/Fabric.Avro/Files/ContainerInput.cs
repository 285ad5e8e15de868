namespace Fabric.Avro;

/// <summary>A stream with a window that grows until what is asked for is in it.</summary>
internal sealed class ContainerInput(Stream stream)
{
    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    /// <summary>Offset in the file of the first byte of the window.</summary>
    public long Offset { get; private set; }

    public ReadOnlyMemory<byte> Window => _buffer.AsMemory(_start, _end - _start);

    /// <summary>Makes the window at least that long; false when the stream ends before.</summary>
    public async ValueTask<bool> EnsureAsync(int bytes, CancellationToken cancellation)
    {
        while (_end - _start < bytes)
        {
            MakeRoom();
            int read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellation).ConfigureAwait(false);
            if (read == 0)
            {
                return false;
            }

            _end += read;
        }

        return true;
    }

    /// <summary>Moves the window on.</summary>
    public void Consume(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, _end - _start);
        _start += bytes;
        Offset += bytes;
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            // Twice what there is, not what is asked for: a size in a damaged file costs no memory before bytes are there.
            Array.Resize(ref _buffer, (int)Math.Min(_buffer.Length * 2L, Array.MaxLength));
        }
    }
}

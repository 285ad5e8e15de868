using System.Text;

namespace Fabric.Avro;

/// <summary>
/// Writes an object container file. Values gather in a block; <see cref="FinishAsync"/> writes the last one. Disposing without
/// it leaves a file that ends with the last whole block.
/// </summary>
/// <remarks>Not thread-safe. The stream is the caller's to close.</remarks>
public sealed class ContainerWriter : IDisposable
{
    private readonly Stream _stream;
    private readonly Schema _schema;
    private readonly ContainerCodec _codec;
    private readonly byte[] _sync = new byte[ContainerFormat.SyncBytes];
    private readonly int _blockBytes;
    private readonly AvroBuffer _block = new(64 * 1024);
    private int _count;
    private bool _headerWritten;

    /// <param name="stream">Where the file goes.</param>
    /// <param name="schema">Of every value.</param>
    /// <param name="random">Where the sync marker comes from.</param>
    /// <param name="codec">How blocks are compressed.</param>
    /// <param name="blockBytes">Uncompressed size from which a block is written.</param>
    public ContainerWriter(
        Stream stream, Schema schema, Random random, ContainerCodec codec = ContainerCodec.Deflate, int blockBytes = 64 * 1024)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(blockBytes, 1);
        _stream = stream;
        _schema = schema;
        _codec = codec;
        _blockBytes = blockBytes;
        random.NextBytes(_sync);
    }

    /// <summary>Further metadata for the header; keys that begin with <c>avro.</c> are the specification's. Add before the first value.</summary>
    public IDictionary<string, byte[]> Metadata { get; } = new Dictionary<string, byte[]>(StringComparer.Ordinal);

    /// <summary>Appends a value given as plain objects (<see cref="GenericCodec"/>).</summary>
    /// <exception cref="AvroException">It does not fit the schema (AVRO_VALUE); nothing of it is written.</exception>
    public ValueTask AppendAsync(object? value, CancellationToken cancellation = default)
    {
        int start = _block.WrittenCount;
        try
        {
            var writer = new AvroWriter(_block);
            GenericCodec.Write(ref writer, _schema, value);
            writer.Flush();
        }
        catch (AvroException)
        {
            _block.Truncate(start);
            throw;
        }

        return AppendedAsync(cancellation);
    }

    /// <summary>Appends a value that is encoded by the schema already.</summary>
    public ValueTask AppendEncodedAsync(ReadOnlySpan<byte> body, CancellationToken cancellation = default)
    {
        var writer = new AvroWriter(_block);
        writer.WriteFixed(body);
        writer.Flush();
        return AppendedAsync(cancellation);
    }

    /// <summary>Ends the block, so that readers can begin behind it.</summary>
    public async ValueTask SyncAsync(CancellationToken cancellation = default)
    {
        if (!_headerWritten)
        {
            _headerWritten = true;
            await _stream.WriteAsync(Header(), cancellation).ConfigureAwait(false);
        }

        if (_count > 0)
        {
            byte[] block = Block();
            _count = 0;
            _block.Clear();
            await _stream.WriteAsync(block, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Writes what is left and flushes the stream: the file is whole.</summary>
    public async ValueTask FinishAsync(CancellationToken cancellation = default)
    {
        await SyncAsync(cancellation).ConfigureAwait(false);
        await _stream.FlushAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Gives memory back. Does not write.</summary>
    public void Dispose() => _block.Dispose();

    private ValueTask AppendedAsync(CancellationToken cancellation)
    {
        _count++;
        return _block.WrittenCount >= _blockBytes ? SyncAsync(cancellation) : ValueTask.CompletedTask;
    }

    private byte[] Header()
    {
        var metadata = new Dictionary<string, byte[]>(Metadata, StringComparer.Ordinal)
        {
            [ContainerFormat.SchemaKey] = Encoding.UTF8.GetBytes(_schema.ToJson()),
            [ContainerFormat.CodecKey] = _codec == ContainerCodec.Deflate ? "deflate"u8.ToArray() : "null"u8.ToArray(),
        };
        using var buffer = new AvroBuffer();
        var writer = new AvroWriter(buffer);
        writer.WriteFixed(ContainerFormat.Magic);
        writer.WriteBlockStart(metadata.Count);
        foreach ((string key, byte[] value) in metadata)
        {
            writer.WriteString(key);
            writer.WriteBytes(value);
        }

        writer.WriteBlockEnd();
        writer.WriteFixed(_sync);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private byte[] Block()
    {
        ReadOnlySpan<byte> stored = _codec == ContainerCodec.Deflate
            ? ContainerFormat.Deflate(_block.WrittenSpan)
            : _block.WrittenSpan;
        using var buffer = new AvroBuffer(stored.Length + 64);
        var writer = new AvroWriter(buffer);
        writer.WriteLong(_count);
        writer.WriteLong(stored.Length);
        writer.WriteFixed(stored);
        writer.WriteFixed(_sync);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}

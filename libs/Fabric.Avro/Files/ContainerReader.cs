using System.Runtime.CompilerServices;
using System.Text;

namespace Fabric.Avro;

/// <summary>
/// Reads an object container file block by block; codecs null and deflate. After an error in a block,
/// <see cref="ResyncAsync"/> goes on behind the next sync marker.
/// </summary>
/// <remarks>Not thread-safe. The stream is the caller's to close; it need not seek.</remarks>
public sealed class ContainerReader : IDisposable
{
    /// <summary>Bytes of the header, schema and other metadata included.</summary>
    public const int HeaderBytesMax = 4 * AvroLimits.SchemaCharsMax;

    private readonly ContainerInput _input;
    private readonly byte[] _sync;
    private readonly int _blockBytesMax;
    private readonly AvroBuffer _inflated = new();
    private ReadOnlyMemory<byte> _block;
    private int _pending;

    private ContainerReader(
        ContainerInput input, Schema schema, ContainerCodec codec, Dictionary<string, byte[]> metadata, byte[] sync, int blockBytesMax)
    {
        _input = input;
        _sync = sync;
        _blockBytesMax = blockBytesMax;
        Schema = schema;
        Codec = codec;
        Metadata = metadata;
    }

    /// <summary>The writer's schema.</summary>
    public Schema Schema { get; }

    public ContainerCodec Codec { get; }

    /// <summary>All metadata of the header, avro.schema and avro.codec included.</summary>
    public IReadOnlyDictionary<string, byte[]> Metadata { get; }

    /// <summary>Values in the current block, one after another, uncompressed. Valid until the next call.</summary>
    public ReadOnlyMemory<byte> Block => _block;

    /// <summary>How many values the current block holds.</summary>
    public long BlockCount { get; private set; }

    /// <summary>Offset in the file behind the current block.</summary>
    public long Offset => _input.Offset;

    /// <summary>Reads the header.</summary>
    /// <param name="stream">At the first byte of the file.</param>
    /// <param name="blockBytesMax">The largest block that is read, as stored and as inflated.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="AvroException">No container file, a damaged header (AVRO_FILE), or another codec, by name (AVRO_CODEC).</exception>
    public static async Task<ContainerReader> OpenAsync(
        Stream stream, int blockBytesMax = 64 << 20, CancellationToken cancellation = default)
    {
        var input = new ContainerInput(stream);
        for (int wanted = 64; ; wanted = Math.Min(wanted * 2, HeaderBytesMax))
        {
            bool whole = !await input.EnsureAsync(wanted, cancellation).ConfigureAwait(false);
            if (TryOpen(input, blockBytesMax, final: whole || wanted == HeaderBytesMax) is { } reader)
            {
                return reader;
            }
        }
    }

    /// <summary>Goes to the next block; false at the end of the file.</summary>
    /// <exception cref="AvroException">The block is damaged (AVRO_FILE): the offset is where it begins.</exception>
    public async ValueTask<bool> ReadBlockAsync(CancellationToken cancellation = default)
    {
        DropBlock();
        if (!await _input.EnsureAsync(1, cancellation).ConfigureAwait(false))
        {
            return false;
        }

        await _input.EnsureAsync(20, cancellation).ConfigureAwait(false);
        (long count, long bytes, int header) = ReadBlockHeader();
        if (count < 0 || bytes < 0 || bytes > _blockBytesMax)
        {
            throw Error($"A block of {count} values in {bytes} bytes; at most {_blockBytesMax} bytes are read");
        }

        int size = (int)bytes;
        if (!await _input.EnsureAsync(header + size + ContainerFormat.SyncBytes, cancellation).ConfigureAwait(false))
        {
            throw Error("The file ends inside a block");
        }

        if (!_input.Window.Span.Slice(header + size, ContainerFormat.SyncBytes).SequenceEqual(_sync))
        {
            throw Error("A block does not end with the file's sync marker");
        }

        _block = Decompress(_input.Window.Slice(header, size));
        BlockCount = count;
        _pending = header + size + ContainerFormat.SyncBytes;
        return true;
    }

    /// <summary>After an error: skips to behind the next sync marker; false when there is none before the end of the file.</summary>
    public async ValueTask<bool> ResyncAsync(CancellationToken cancellation = default)
    {
        DropBlock();
        while (true)
        {
            int found = _input.Window.Span.IndexOf(_sync);
            if (found >= 0)
            {
                _input.Consume(found + ContainerFormat.SyncBytes);
                return true;
            }

            // The marker may begin in the last bytes of the window.
            _input.Consume(Math.Max(_input.Window.Length - (ContainerFormat.SyncBytes - 1), 0));
            if (!await _input.EnsureAsync(ContainerFormat.SyncBytes, cancellation).ConfigureAwait(false))
            {
                return false;
            }
        }
    }

    /// <summary>All values from here on as plain objects (<see cref="GenericCodec"/>).</summary>
    /// <param name="reader">The schema to read them as; null for the writer's.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="AvroException">A block or a value is malformed, or the schemas cannot be resolved.</exception>
    public async IAsyncEnumerable<object?> ReadAllAsync(
        Schema? reader = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ValuePlan plan = ValuePlan.Compile(Schema, reader ?? Schema);
        while (await ReadBlockAsync(cancellation).ConfigureAwait(false))
        {
            int position = 0;
            for (long i = 0; i < BlockCount; i++)
            {
                yield return ReadValue(plan, ref position);
            }

            if (position != _block.Length)
            {
                throw Error($"{_block.Length - position} bytes are left after the {BlockCount} values of a block");
            }
        }
    }

    /// <summary>Gives memory back. Does not close the stream.</summary>
    public void Dispose() => _inflated.Dispose();

    private static ContainerReader? TryOpen(ContainerInput input, int blockBytesMax, bool final)
    {
        ReadOnlySpan<byte> window = input.Window.Span;
        if (!window.StartsWith(ContainerFormat.Magic))
        {
            throw new AvroException(AvroErrors.File, "The file does not begin with 'Obj' and version 1: no Avro container file", "", 0);
        }

        var reader = new AvroReader(window[ContainerFormat.Magic.Length..]);
        try
        {
            Dictionary<string, byte[]> metadata = ReadMetadata(ref reader);
            byte[] sync = reader.ReadFixed(ContainerFormat.SyncBytes).ToArray();
            ContainerCodec codec = CodecOf(metadata);
            Schema schema = SchemaOf(metadata);
            input.Consume(ContainerFormat.Magic.Length + reader.Position);
            return new ContainerReader(input, schema, codec, metadata, sync, blockBytesMax);
        }
        catch (AvroException e) when (e.Code is AvroErrors.Truncated or AvroErrors.Length or AvroErrors.BlockCount)
        {
            return final
                ? throw new AvroException(AvroErrors.File,
                    $"The header is damaged, or longer than {HeaderBytesMax} bytes", "", e.Offset, e)
                : null;
        }
    }

    private static Dictionary<string, byte[]> ReadMetadata(ref AvroReader reader)
    {
        var metadata = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        for (int count; (count = reader.ReadBlock(2)) > 0;)
        {
            for (int i = 0; i < count; i++)
            {
                string key = reader.ReadString();
                metadata[key] = reader.ReadBytes().ToArray();
            }
        }

        return metadata;
    }

    private static ContainerCodec CodecOf(Dictionary<string, byte[]> metadata)
    {
        string name = metadata.TryGetValue(ContainerFormat.CodecKey, out byte[]? bytes) ? Encoding.UTF8.GetString(bytes) : "null";
        return name switch
        {
            "null" => ContainerCodec.Null,
            "deflate" => ContainerCodec.Deflate,
            _ => throw new AvroException(AvroErrors.Codec,
                $"The file is compressed with '{(name.Length > 40 ? name[..40] : name)}'; null and deflate are read here. "
                + "Rewrite it with avro-tools recodec"),
        };
    }

    private static Schema SchemaOf(Dictionary<string, byte[]> metadata) =>
        metadata.TryGetValue(ContainerFormat.SchemaKey, out byte[]? bytes)
            ? Schema.Parse(Encoding.UTF8.GetString(bytes))
            : throw new AvroException(AvroErrors.File, $"The header has no '{ContainerFormat.SchemaKey}'");

    private (long Count, long Bytes, int Header) ReadBlockHeader()
    {
        var reader = new AvroReader(_input.Window.Span);
        try
        {
            long count = reader.ReadLong();
            long bytes = reader.ReadLong();
            return (count, bytes, reader.Position);
        }
        catch (AvroException e)
        {
            throw new AvroException(AvroErrors.File, "A block does not begin with a count and a size", "", Offset, e);
        }
    }

    private ReadOnlyMemory<byte> Decompress(ReadOnlyMemory<byte> stored)
    {
        if (Codec == ContainerCodec.Null)
        {
            return stored;
        }

        try
        {
            ContainerFormat.Inflate(stored, _inflated, _blockBytesMax);
            return _inflated.WrittenMemory;
        }
        catch (AvroException e)
        {
            throw new AvroException(e.Code, e.Reason, "", Offset, e);
        }
    }

    private object? ReadValue(ValuePlan plan, ref int position)
    {
        ReadOnlySpan<byte> rest = _block.Span[position..];
        var reader = new AvroReader(rest);
        try
        {
            object? value = GenericReader.Read(ref reader, plan);
            position += reader.Position;
            return value;
        }
        catch (AvroException e)
        {
            throw FieldPath.Locate(e, plan.Writer, rest);
        }
    }

    private void DropBlock()
    {
        _input.Consume(_pending);
        _pending = 0;
        _block = default;
        BlockCount = 0;
        _inflated.Clear();
    }

    private AvroException Error(string message) => new(AvroErrors.File, message, "", Offset);
}

using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Fabric.Kafka.Broker;
using Fabric.Kafka.Log;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Server;

/// <summary>
/// Writes responses to a connection's pipe: <c>size int32, correlation id int32, [tags], body</c>. File slices are read here,
/// on the connection's own thread, straight into the pipe's memory.
/// </summary>
internal sealed class ResponseWriter(PipeWriter output)
{
    private const int FileChunkBytes = 64 * 1024;
    private const int FlushBytes = 256 * 1024;
    private const short ApiVersionsKey = 18;

    /// <summary>Writes one response; it is on its way only after <see cref="FlushAsync"/>.</summary>
    /// <exception cref="IOException">A file could not be read, or the peer is gone.</exception>
    public async ValueTask WriteAsync(RequestContext context, CancellationToken cancellationToken)
    {
        KafkaWriter body = context.Response;
        WriteHeader(context, body);
        int written = 0;
        for (int i = 0; i < body.Slices.Count; i++)
        {
            FileSlice slice = body.Slices[i];
            output.Write(body.Written[written..slice.At]);
            written = slice.At;
            await WriteFileAsync(slice.Batches, cancellationToken).ConfigureAwait(false);
        }

        output.Write(body.Written[written..]);
        await FlushIfFullAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes a token that has a size before it and no header.</summary>
    public void WriteRaw(ReadOnlySpan<byte> token)
    {
        Span<byte> head = output.GetSpan(4);
        BinaryPrimitives.WriteInt32BigEndian(head, token.Length);
        output.Advance(4);
        output.Write(token);
    }

    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (output.UnflushedBytes > 0)
        {
            await output.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private void WriteHeader(RequestContext context, KafkaWriter body)
    {
        bool hasTags = body.IsFlexible && context.ApiKey != ApiVersionsKey;
        int headerBytes = hasTags ? 5 : 4;
        Span<byte> head = output.GetSpan(4 + headerBytes);
        BinaryPrimitives.WriteInt32BigEndian(head, checked((int)(headerBytes + body.TotalLength)));
        BinaryPrimitives.WriteInt32BigEndian(head[4..], context.CorrelationId);
        if (hasTags)
        {
            head[8] = 0;
        }

        output.Advance(4 + headerBytes);
    }

    private async ValueTask WriteFileAsync(FetchSlice batches, CancellationToken cancellationToken)
    {
        int copied = 0;
        while (copied < batches.Length)
        {
            Memory<byte> memory = output.GetMemory(Math.Min(batches.Length - copied, FileChunkBytes));
            int count = Math.Min(batches.Length - copied, memory.Length);
            batches.CopyTo(copied, memory.Span[..count]);
            output.Advance(count);
            copied += count;
            await FlushIfFullAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private ValueTask FlushIfFullAsync(CancellationToken cancellationToken) =>
        output.UnflushedBytes >= FlushBytes ? FlushAsync(cancellationToken) : ValueTask.CompletedTask;
}

using System.Buffers.Binary;
using Fabric.Kafka.Protocol;
using Fabric.Kafka.Server;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Kafka.Tests.Broker;

/// <summary>Requests cut out of a stream, whatever the pieces it arrives in.</summary>
public sealed class FrameReaderTests(ITestOutputHelper output)
{
    private const int BytesMax = 4 << 20;

    [Fact]
    public async Task ReadAsync_anyPieces_givesEveryRequestAsItWasSent()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        byte[][] sent = [.. ((int[])[0, 1, 3, 16_380, 16_384, 16_388, 65_536, 65_537, 5, 1_100_000, 3_000_000, 1_048_576, 70_000, 9]).Select(size => Bytes(random, size))];
        foreach (int pieceMax in (int[])[1 << 20, 40_000, 1_000])
        {
            var memory = new RequestMemory(long.MaxValue);
            using var reader = new FrameReader(new Pieces(Frames(sent), random, pieceMax), memory);
            foreach (byte[] expected in sent)
            {
                RequestFrame frame = (await reader.ReadAsync(BytesMax, CancellationToken.None))!;
                Assert.True(frame.Bytes.Span.SequenceEqual(expected));
                frame.Release();
            }

            Assert.Null(await reader.ReadAsync(BytesMax, CancellationToken.None));
            Assert.Equal(0, memory.Bytes);
        }
    }

    [Fact]
    public async Task ReadAsync_cutAtEveryByte_saysThatThePeerClosed()
    {
        byte[] frames = Frames([Bytes(new Random(1), 40)]);
        for (int length = 1; length < frames.Length; length++)
        {
            var memory = new RequestMemory(long.MaxValue);
            using var reader = new FrameReader(new MemoryStream(frames, 0, length), memory);
            await Assert.ThrowsAsync<ProtocolException>(async () => await reader.ReadAsync(BytesMax, CancellationToken.None));
            Assert.Equal(0, memory.Bytes);
        }
    }

    [Fact]
    public async Task ReadAsync_claimOfManyBytes_takesMemoryOnlyForWhatCame()
    {
        byte[] claim = new byte[104];
        BinaryPrimitives.WriteInt32BigEndian(claim, BytesMax);
        var memory = new RequestMemory(long.MaxValue);
        var stream = new Pieces(claim, new Random(1), claim.Length) { AtEnd = () => Assert.InRange(memory.Bytes, 1, 128 * 1024) };
        using var reader = new FrameReader(stream, memory);
        await Assert.ThrowsAsync<ProtocolException>(async () => await reader.ReadAsync(BytesMax, CancellationToken.None));
    }

    private static byte[] Bytes(Random random, int size)
    {
        byte[] bytes = new byte[size];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Frames(byte[][] requests)
    {
        var all = new MemoryStream();
        Span<byte> size = stackalloc byte[4];
        foreach (byte[] request in requests)
        {
            BinaryPrimitives.WriteInt32BigEndian(size, request.Length);
            all.Write(size);
            all.Write(request);
        }

        return all.ToArray();
    }

    /// <summary>Gives a random number of bytes at a time, as a socket does.</summary>
    private sealed class Pieces(byte[] bytes, Random random, int pieceMax) : MemoryStream(bytes)
    {
        public Action? AtEnd { get; init; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = Read(buffer.Span[..Math.Min(buffer.Length, 1 + random.Next(pieceMax))]);
            if (count == 0)
            {
                AtEnd?.Invoke();
            }

            return ValueTask.FromResult(count);
        }
    }
}

using Fabric.Testing;

namespace Fabric.Avro.Tests;

public sealed class VarintTests
{
    [Theory]
    [InlineData(0L, "00")]
    [InlineData(-1L, "01")]
    [InlineData(1L, "02")]
    [InlineData(-64L, "7F")]
    [InlineData(64L, "8001")]
    [InlineData(int.MaxValue, "FEFFFFFF0F")]
    [InlineData(int.MinValue, "FFFFFFFF0F")]
    [InlineData(long.MaxValue, "FEFFFFFFFFFFFFFFFF01")]
    [InlineData(long.MinValue, "FFFFFFFFFFFFFFFFFF01")]
    public void Long_has_the_bytes_of_the_specification(long value, string hex)
    {
        byte[] bytes = Write(value);

        Assert.Equal(hex, Convert.ToHexString(bytes));
        Assert.Equal(value, new AvroReader(bytes).ReadLong());
        Assert.Equal(value, new AvroReader([.. bytes, .. new byte[16]]).ReadLong());
    }

    [Fact]
    public void Every_bit_length_is_read_at_the_end_of_longer_data()
    {
        var random = new Random(Seed.Next());
        for (int bits = 1; bits <= 64; bits++)
        {
            for (int before = 0; before < 20; before++)
            {
                long value = random.NextInt64(long.MinValue, long.MaxValue) >> (64 - bits);
                byte[] varint = Write(value);
                byte[] data = [.. Enumerable.Repeat((byte)0xff, before), .. varint];

                Assert.Equal(data.Length, Wire.ReadLong(ref data[0], data.Length, before, out long read));
                Assert.Equal(value, read);
                for (int cut = before + 1; cut < data.Length; cut++)
                {
                    int length = cut;
                    Assert.Throws<AvroException>(() => Wire.ReadLong(ref data[0], length, before, out _));
                }
            }
        }
    }

    [Fact]
    public void Strings_of_every_length_and_nearly_alike_are_told_apart()
    {
        var pool = new StringPool(16);
        for (int round = 0; round < 3; round++)
        {
            for (int length = 1; length <= 70; length++)
            {
                for (int changed = 0; changed < length; changed++)
                {
                    string text = string.Create(length, changed, (span, at) =>
                    {
                        span.Fill('a');
                        span[at] = 'b';
                    });
                    Assert.Equal(text, pool.Get(System.Text.Encoding.UTF8.GetBytes(text)));
                    Assert.Equal(text, pool.Get(System.Text.Encoding.UTF8.GetBytes(text)));
                }
            }
        }
    }

    [Fact]
    public void Names_that_differ_in_their_last_digits_all_stay_in_the_pool()
    {
        var pool = new StringPool(4096);
        byte[][] names = [.. Enumerable.Range(0, 1_000).Select(i => System.Text.Encoding.UTF8.GetBytes($"plant-07/press-{i:D4}"))];
        string[] first = [.. names.Select(name => pool.Get(name))];
        int again = names.Where((name, i) => ReferenceEquals(pool.Get(name), first[i])).Count();
        Assert.True(again > 850, $"{again} of 1000 were still there");
    }

    [Fact]
    public void Every_bit_length_survives_with_and_without_bytes_behind()
    {
        var random = new Random(Seed.Next());
        for (int bits = 1; bits <= 64; bits++)
        {
            for (int i = 0; i < 200; i++)
            {
                long value = random.NextInt64(long.MinValue, long.MaxValue) >> (64 - bits);
                byte[] bytes = Write(value);
                Assert.Equal(value, new AvroReader(bytes).ReadLong());
                Assert.Equal(value, new AvroReader([.. bytes, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).ReadLong());
                Assert.Equal(value, GenericCodec.Decode(Schema.Parse("\"long\""), bytes));
                for (int cut = 0; cut < bytes.Length; cut++)
                {
                    Assert.Equal(AvroErrors.Truncated, Code(bytes[..cut]));
                }
            }
        }
    }

    [Theory]
    [InlineData("8000", null)]
    [InlineData("80808080808080808000", null)]
    [InlineData("80808080808080808002", AvroErrors.Varint)]
    [InlineData("FFFFFFFFFFFFFFFFFFFF01", AvroErrors.Varint)]
    public void Longer_encodings_than_needed_are_read_up_to_ten_bytes(string hex, string? code) =>
        Assert.Equal(code, Code(Convert.FromHexString(hex)));

    [Fact]
    public void Int_beyond_32_bits_is_refused() =>
        Assert.Equal(AvroErrors.Varint, Assert.Throws<AvroException>(() => new AvroReader(Write(1L << 31)).ReadInt()).Code);

    private static string? Code(byte[] bytes) =>
        (Record.Exception(() => _ = new AvroReader(bytes).ReadLong()) as AvroException)?.Code;

    private static byte[] Write(long value)
    {
        using var buffer = new AvroBuffer();
        var writer = new AvroWriter(buffer);
        writer.WriteLong(value);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}

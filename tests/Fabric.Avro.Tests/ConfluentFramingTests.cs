namespace Fabric.Avro.Tests;

public sealed class ConfluentFramingTests
{
    [Theory]
    [InlineData("", FramingResult.TooShort)]
    [InlineData("00000000", FramingResult.TooShort)]
    [InlineData("0100000001", FramingResult.BadMagic)]
    [InlineData("7B22612231", FramingResult.BadMagic)]
    public void TryRead_tells_what_is_wrong(string hex, FramingResult expected)
    {
        FramingResult result = ConfluentFraming.TryRead(Convert.FromHexString(hex), out int id, out ReadOnlySpan<byte> body);

        Assert.Equal((expected, 0, 0), (result, id, body.Length));
    }

    [Fact]
    public void Header_that_is_written_is_read()
    {
        using var buffer = new AvroBuffer();
        var writer = new AvroWriter(buffer);
        ConfluentFraming.WriteHeader(ref writer, 0x01020304);
        writer.WriteLong(1);
        writer.Flush();

        Assert.Equal("000102030402", Convert.ToHexString(buffer.WrittenSpan));
        Assert.Equal(FramingResult.Ok, ConfluentFraming.TryRead(buffer.WrittenSpan, out int id, out ReadOnlySpan<byte> body));
        Assert.Equal((0x01020304, 1), (id, body.Length));
    }
}

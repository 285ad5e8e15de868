using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Tests.Broker;

public sealed class KafkaReaderTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_written_is_read(bool isFlexible)
    {
        using var writer = new KafkaWriter(isFlexible);
        var id = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
        string longText = new('ä', 20_000);
        writer.WriteInt8(-1);
        writer.WriteInt16(short.MinValue);
        writer.WriteInt32(int.MaxValue);
        writer.WriteInt64(long.MinValue);
        writer.WriteBoolean(true);
        writer.WriteUuid(id);
        writer.WriteString("");
        writer.WriteNullableString(null);
        writer.WriteString(isFlexible ? longText : "ä");
        writer.WriteBytes([1, 2, 3]);
        writer.WriteNullableBytes(null);
        writer.WriteArrayLength(-1);
        writer.WriteArrayLength(2);
        writer.WriteInt16(0);
        writer.WriteEmptyTags();

        var reader = new KafkaReader(writer.Written, isFlexible);
        Assert.Equal(-1, reader.ReadInt8());
        Assert.Equal(short.MinValue, reader.ReadInt16());
        Assert.Equal(int.MaxValue, reader.ReadInt32());
        Assert.Equal(long.MinValue, reader.ReadInt64());
        Assert.True(reader.ReadBoolean());
        Assert.Equal(id, reader.ReadUuid());
        Assert.Equal("", reader.ReadString());
        Assert.Null(reader.ReadNullableString());
        Assert.Equal(isFlexible ? longText : "ä", reader.ReadString());
        Assert.Equal([1, 2, 3], reader.ReadBytes().ToArray());
        Assert.False(reader.TryReadNullableBytes(out _));
        Assert.Equal(-1, reader.ReadArrayLength(1));
        Assert.Equal(2, reader.ReadArrayLength(1));
        reader.ReadInt16();
        reader.SkipTags();
        Assert.Equal(0, reader.Remaining);
    }

    [Theory]
    [InlineData("7f", 127u)]
    [InlineData("8001", 128u)]
    [InlineData("ffffffff0f", uint.MaxValue)]
    public void Varints_are_read_least_significant_first(string hex, uint expected) =>
        Assert.Equal(expected, new KafkaReader(Convert.FromHexString(hex), true).ReadUnsignedVarint());

    [Fact]
    public void Unknown_tags_are_skipped()
    {
        var reader = new KafkaReader(Convert.FromHexString("02" + "0003aabbcc" + "7f00" + "09"), isFlexible: true);
        reader.SkipTags();
        Assert.Equal(9, reader.ReadInt8());
    }

    [Theory]
    [InlineData("ffffffff10", "varint over 32 bits")]
    [InlineData("808080808001", "varint of 6 bytes")]
    [InlineData("80", "varint cut")]
    public void Varints_that_cannot_be_are_malformed(string hex, string what) =>
        AssertMalformed(hex, true, what, static (ref KafkaReader reader) => reader.ReadUnsignedVarint());

    [Theory]
    [InlineData("0005616263", false, "string longer than the request")]
    [InlineData("fffe", false, "negative length")]
    [InlineData("ffff", false, "null where it may not be")]
    [InlineData("0001ff", false, "not UTF-8")]
    [InlineData("00", true, "compact null where it may not be")]
    [InlineData("06616263", true, "compact string longer than the request")]
    [InlineData("ffffffff0f", true, "compact length over 31 bits")]
    public void Strings_that_cannot_be_are_malformed(string hex, bool isFlexible, string what) =>
        AssertMalformed(hex, isFlexible, what, static (ref KafkaReader reader) => reader.ReadString());

    [Theory]
    [InlineData("7fffffff", false, "two thousand million elements in four bytes")]
    [InlineData("fffffffe", false, "count of -2")]
    [InlineData("ffffffff07", true, "compact count beyond the request")]
    public void Counts_are_compared_with_what_remains_before_memory_is_taken(string hex, bool isFlexible, string what) =>
        AssertMalformed(hex, isFlexible, what, static (ref KafkaReader reader) => reader.ReadArrayLength(1));

    [Theory]
    [InlineData("7fffffff00", false, "bytes longer than the request")]
    [InlineData("fffffffe", false, "length of -2")]
    public void Bytes_that_cannot_be_are_malformed(string hex, bool isFlexible, string what) =>
        AssertMalformed(hex, isFlexible, what, static (ref KafkaReader reader) => reader.ReadBytes());

    [Fact]
    public void Tags_longer_than_the_request_are_malformed() =>
        AssertMalformed("0100ffffff7f", true, "tag size", static (ref KafkaReader reader) => reader.SkipTags());

    [Fact]
    public void Header_has_a_plain_client_id_also_in_flexible_versions()
    {
        byte[] frame = Convert.FromHexString("0003000c00000001" + "0002" + "6869" + "00" + "ff");
        Assert.Equal(new RequestHeader(3, 12, 1), RequestHeader.ReadFixed(frame));
        Assert.Equal(13, RequestHeader.ReadRest(frame, true, out string? clientId));
        Assert.Equal("hi", clientId);
    }

    [Fact]
    public void Error_codes_have_Kafkas_names()
    {
        Assert.Equal("NOT_LEADER_OR_FOLLOWER", ErrorCode.NotLeaderOrFollower.Name());
        Assert.Equal("INVALID_TOPIC_EXCEPTION", ErrorCode.InvalidTopic.Name());
        Assert.Equal("UNKNOWN_SERVER_ERROR", ErrorCode.UnknownServerError.Name());
        Assert.Equal("999", ((ErrorCode)999).Name());
        Assert.True(ErrorCode.KafkaStorageError.IsRetriable());
        Assert.False(ErrorCode.ProducerFenced.IsRetriable());
    }

    private delegate void Read(ref KafkaReader reader);

    private static void AssertMalformed(string hex, bool isFlexible, string what, Read read)
    {
        var exception = Assert.Throws<ProtocolException>(() =>
        {
            var reader = new KafkaReader(Convert.FromHexString(hex), isFlexible);
            read(ref reader);
        });
        Assert.True(exception.Code == "MALFORMED_REQUEST", what);
    }
}

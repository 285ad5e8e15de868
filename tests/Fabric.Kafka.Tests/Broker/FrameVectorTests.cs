using Fabric.Kafka.Server;

namespace Fabric.Kafka.Tests.Broker;

/// <summary>
/// Requests and responses byte by byte, written by hand from the protocol guide (kafka.apache.org/protocol, and the message
/// definitions of apache/kafka at 1eb7644): nothing here was made by this product.
/// </summary>
public sealed class FrameVectorTests : IDisposable
{
    private readonly CoreFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void ApiVersions_v0()
    {
        byte[] answer = Exchange("""
            0012          # api key 18
            0000          # version 0
            00000007      # correlation id 7
            0003 616263   # client id "abc"
            """);
        AssertStarts(answer, $"""
            00000007      # correlation id
            0000          # no error
            {_fixture.Table.All.Count:x8}  # keys
            0000 0000 0009  # Produce 0 to 9: min 0, or librdkafka drops gzip, snappy and lz4
            0001 0000 000d  # Fetch 0 to 13
            """);
        Assert.Equal(4 + 2 + 4 + (6 * _fixture.Table.All.Count), answer.Length);
    }

    [Fact]
    public void ApiVersions_v3_has_a_response_header_without_tags()
    {
        byte[] answer = Exchange("""
            0012 0003 00000008  # api key, version, correlation id
            ffff                # client id null
            00                  # header: no tags
            05 74657374         # software name "test", compact
            04 312e30           # software version "1.0"
            00                  # no tags
            """);
        AssertStarts(answer, $"""
            00000008      # correlation id, and no tags before the body
            0000          # no error
            {_fixture.Table.All.Count + 1:x2}  # keys + 1
            0000 0000 0009 00  # Produce, no tags
            """);
        AssertEnds(answer, "003c 0000 0001 00  00000000  00  # DescribeCluster 0 to 1; throttle 0; no tags");
    }

    [Fact]
    public void ApiVersions_of_a_version_to_come_is_answered_35_in_the_shape_of_v0()
    {
        byte[] answer = Exchange("0012 0063 00000009 ffff 00 01 02 03  # version 99, with a body nobody here knows");
        AssertStarts(answer, $"00000009 0023 {_fixture.Table.All.Count:x8} 0000 0000 0009  # error 35, the table all the same");
    }

    [Fact]
    public void ApiVersions_with_a_software_name_that_is_none_is_answered_42()
    {
        byte[] answer = Exchange("0012 0003 0000000a ffff 00  02 2d  04 312e30 00  # software name '-'");
        Assert.Equal(Hex("0000000a 002a 01 00000000 00"), answer);
    }

    [Fact]
    public void Metadata_v0_of_an_empty_list_is_everything()
    {
        _fixture.CreateTopic("t", 1);
        byte[] answer = Exchange("0003 0000 00000001 0001 78  00000000  # all topics");
        Assert.Equal(Hex("""
            00000001                    # correlation id
            00000001                    # one broker
            00000001 0009 3132372e302e302e31 00002384  # node 1, "127.0.0.1", port 9092
            00000001                    # one topic
            0000 0001 74                # no error, "t"
            00000001                    # one partition
            0000 00000000 00000001      # no error, partition 0, leader 1
            00000001 00000001           # replicas: 1
            00000001 00000001           # in sync: 1
            """), answer);
    }

    [Fact]
    public void Metadata_v1_of_an_empty_list_is_nothing()
    {
        _fixture.CreateTopic("t", 1);
        byte[] answer = Exchange("0003 0001 00000001 0001 78  00000000");
        Assert.Equal(Hex("""
            00000001 00000001 00000001 0009 3132372e302e302e31 00002384
            ffff                        # rack null
            00000001                    # controller
            00000000                    # no topics
            """), answer);
    }

    [Fact]
    public void Metadata_of_an_unknown_topic_has_error_3_when_it_may_not_be_made()
    {
        byte[] answer = Exchange("0003 0004 00000001 0001 78  00000001 0007 6e6f7768657265  00  # 'nowhere', do not create");
        AssertEnds(answer, "00000001 0003 0007 6e6f7768657265 00 00000000  # error 3, not internal, no partitions");
    }

    [Fact]
    public void Produce_v3_to_Fetch_v4()
    {
        _fixture.CreateTopic("t", 1);
        const string batch = """
            0000000000000000  # base offset
            00000039          # 57 bytes follow
            00000000          # leader epoch
            02                # format 2
            CRC
            0000              # no codec, create time
            00000000          # last offset delta
            0000019b76dac000  # base timestamp
            0000019b76dac000  # max timestamp
            ffffffffffffffff ffff ffffffff  # no producer
            00000001          # one record
            0e                # record of 7 bytes: zigzag
            00 00 00          # attributes, timestamp delta, offset delta
            02 6b             # key of 1 byte: "k"
            02 76             # value of 1 byte: "v"
            """;
        // The record's length counts what follows, the header count (00) included.
        byte[] bytes = Hex(batch.Replace("CRC", "00000000", StringComparison.Ordinal).Replace("0e                #", "10                #", StringComparison.Ordinal) + "\n00  # no headers");
        bytes[11] = (byte)(bytes.Length - 12);
        Fabric.Kafka.Log.RecordBatchHeader.WriteCrc(bytes);
        byte[] answer = Exchange("0000 0003 00000002 0001 78  ffff ffff 000003e8  00000001 0001 74 00000001 00000000 "
            + bytes.Length.ToString("x8", System.Globalization.CultureInfo.InvariantCulture) + Convert.ToHexString(bytes)
            + " # no transaction, acks -1, 1 s, topic t, partition 0, the batch");
        Assert.Equal(Hex("""
            00000002                    # correlation id
            00000001 0001 74            # topic t
            00000001 00000000 0000      # partition 0, no error
            0000000000000000            # base offset 0
            ffffffffffffffff            # no log append time
            00000000                    # throttle
            """), answer);

        byte[] fetched = Exchange("""
            0001 0004 00000003 0001 78
            ffffffff 00000000 00000001 00100000 00   # consumer, no wait, 1 byte, 1 MiB, read uncommitted
            00000001 0001 74 00000001                # topic t, one partition
            00000000 0000000000000000 00100000       # partition 0 from offset 0, 1 MiB
            """);
        byte[] head = Hex($"""
            00000003                    # correlation id
            00000000                    # throttle
            00000001 0001 74            # topic t
            00000001 00000000 0000      # partition 0, no error
            0000000000000001            # high watermark
            0000000000000001            # last stable offset
            00000000                    # no aborted transactions, but a list
            {bytes.Length:x8}           # bytes of records
            """);
        Assert.Equal([.. head, .. bytes], fetched);
    }

    [Fact]
    public void Produce_v0_is_answered_35_in_its_shape()
    {
        byte[] answer = Exchange("0000 0000 00000004 0001 78  0001 000003e8  00000001 0001 74 00000001 00000000 00000002 0000");
        Assert.Equal(Hex("""
            00000004                    # correlation id
            00000001 0001 74            # topic t
            00000001 00000000 0023      # partition 0, UNSUPPORTED_VERSION
            ffffffffffffffff            # no offset
            """), answer);
    }

    [Fact]
    public void Fetch_of_an_empty_partition_has_records_of_length_0_and_not_null()
    {
        _fixture.CreateTopic("t", 1);
        byte[] answer = Exchange("""
            0001 000b 00000005 0001 78
            ffffffff 00000000 00000001 00100000 00 00000000 ffffffff  # consumer; no session
            00000001 0001 74 00000001
            00000000 ffffffff 0000000000000000 ffffffffffffffff 00100000
            00000000 0000                                             # nothing forgotten, no rack
            """);
        Assert.Equal(Hex("""
            00000005 00000000 0000 00000000   # correlation id, throttle, no error, session 0
            00000001 0001 74 00000001 00000000 0000
            0000000000000000 0000000000000000 0000000000000000  # high watermark, last stable offset, log start
            00000000 ffffffff                 # no aborted transactions, no preferred replica
            00000000                          # records: 0 bytes
            """), answer);
    }

    [Fact]
    public void ListOffsets_v1_earliest_and_latest()
    {
        _fixture.CreateTopic("t", 1);
        _fixture.Produce("t", SampleRequests.Batch(3));
        Assert.Equal(
            Hex("00000006 00000001 0001 74 00000001 00000000 0000 ffffffffffffffff 0000000000000003"),
            Exchange("0002 0001 00000006 0001 78  ffffffff 00000001 0001 74 00000001 00000000 ffffffffffffffff  # latest: -1"));
        Assert.Equal(
            Hex("00000007 00000001 0001 74 00000001 00000000 0000 ffffffffffffffff 0000000000000000"),
            Exchange("0002 0001 00000007 0001 78  ffffffff 00000001 0001 74 00000001 00000000 fffffffffffffffe  # earliest: -2"));
    }

    [Fact]
    public void CreateTopics_v0_and_again()
    {
        const string request = "0013 0000 00000001 0001 78  00000001 0001 63 00000002 0001 00000000 00000000 000003e8";
        Assert.Equal(Hex("00000001 00000001 0001 63 0000"), Exchange(request + " # topic c, 2 partitions, 1 replica, 1 s"));
        Assert.Equal(Hex("00000001 00000001 0001 63 0024"), Exchange(request + " # TOPIC_ALREADY_EXISTS"));
    }

    [Fact]
    public void DescribeAcls_v0_says_that_security_is_disabled()
    {
        byte[] answer = Exchange("001d 0000 00000001 0001 78  02 ffff ffff ffff 01 01");
        AssertStarts(answer, "00000001 00000000 0036  # SECURITY_DISABLED");
        AssertEnds(answer, "00000000  # no resources");
    }

    private byte[] Exchange(string request) =>
        _fixture.Exchange(Hex(request), new SaslSession(_fixture.Users)) ?? throw new InvalidOperationException("Not answered");

    private static void AssertStarts(byte[] actual, string expected)
    {
        byte[] bytes = Hex(expected);
        Assert.Equal(bytes, actual[..Math.Min(bytes.Length, actual.Length)]);
    }

    private static void AssertEnds(byte[] actual, string expected)
    {
        byte[] bytes = Hex(expected);
        Assert.Equal(bytes, actual[Math.Max(0, actual.Length - bytes.Length)..]);
    }

    private static byte[] Hex(string annotated) => Convert.FromHexString(string.Concat(annotated.Split('\n')
        .Select(line => line.Split('#')[0].Replace(" ", "", StringComparison.Ordinal).Trim())));
}

using Fabric.Kafka.Broker;
using Fabric.Kafka.Protocol;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Kafka.Tests.Broker;

/// <summary>Every advertised key in every advertised version, asked and read by Kafka's own message definitions.</summary>
public sealed class ApiShapeTests(ITestOutputHelper output)
{
    [SkippableFact]
    public void Every_key_in_every_version_answers_in_the_shape_that_Kafka_defines()
    {
        Skip.If(KafkaMessages.Instance is null, TestData.Absent);
        int asked = 0;
        using var fixture = new CoreFixture();
        foreach (IApiHandler handler in fixture.Table.All)
        {
            for (short version = handler.MinVersion; version <= handler.MaxVersion; version++)
            {
                fixture.CreateTopicIfMissing("t");
                Fields request = SampleRequests.Of(handler.Key, version, fixture);
                Fields? answer = null;
                Exception? failure = Record.Exception(() => answer = fixture.TryAsk(handler.Key, version, request));
                Assert.True(failure is null, $"{handler.Name} v{version}: {failure}");
                Assert.True(answer is not null, $"{handler.Name} v{version} was not answered");
                IEnumerable<ErrorCode> unexpected = answer.Errors().Where(error => !SampleRequests.IsExpected(handler.Key, version, error));
                Assert.True(!unexpected.Any(), $"{handler.Name} v{version}: {string.Join(", ", unexpected.Select(error => error.Name()))}");
                asked++;
            }
        }

        output.WriteLine($"{asked} versions of {fixture.Table.All.Count} keys");
    }

    [SkippableFact]
    public void A_request_cut_at_any_byte_closes_its_connection_and_nothing_else()
    {
        Skip.If(KafkaMessages.Instance is null, TestData.Absent);
        using var fixture = new CoreFixture();
        foreach (IApiHandler handler in fixture.Table.All)
        {
            fixture.CreateTopicIfMissing("t");
            byte[] body = KafkaMessages.Instance!.EncodeRequest(
                handler.Key, handler.MaxVersion, SampleRequests.Of(handler.Key, handler.MaxVersion, fixture));
            byte[] frame = fixture.Frame(handler.Key, handler.MaxVersion, body);
            for (int length = 8; length < frame.Length; length++)
            {
                int cut = length;
                Exception? failure = Record.Exception(() => Assert.Null(fixture.Exchange(frame[..cut])));
                Assert.True(failure is null or ProtocolException, $"{handler.Name} cut at {cut}: {failure}");
            }
        }
    }

    [Fact]
    public void The_page_of_the_format_names_every_key_with_its_versions()
    {
        using var fixture = new CoreFixture();
        string[] rows = [.. File.ReadLines(Path.Combine(TestData.RepositoryRoot, "docs", "formats", "kafka.md")).Where(line => line.StartsWith("| ", StringComparison.Ordinal))];
        foreach (IApiHandler handler in fixture.Table.All)
        {
            string? row = rows.FirstOrDefault(line => line.Split('|')[2].Split(',', StringSplitOptions.TrimEntries).Contains(handler.Name));
            Assert.True(row is not null, $"{handler.Name} is not on the page");
            Assert.Contains(handler.MaxVersion == 0 ? "0" : $"0–{handler.MaxVersion}", row.Split('|')[3], StringComparison.Ordinal);
        }
    }
}

using System.Text.Json;
using System.Text.RegularExpressions;
using Fabric.Governance.Privacy;
using Fabric.Testing;

namespace Fabric.Host.Tests.EndToEnd;

/// <summary>The bytes of a quarantined record are shown to who gives a reason, and only after that stands in the audit.</summary>
[Collection("EndToEnd")]
public sealed partial class QuarantineRevealTests : IDisposable
{
    private const string Payload = "badge Zq4711 of somebody, and no JSON";
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task Show_reveals_with_a_reason_after_it_is_on_record()
    {
        Skip.IfNot(MosquittoServer.Judge.IsPresent, MosquittoServer.Judge.Absent);
        await using MosquittoServer mosquitto = await MosquittoServer.StartAsync();
        PrivacyKey.Create(_folder["secrets/privacy.key"], _folder["data"]);
        PrivacyKey.Create(_folder["secrets/another.key"], _folder["data"]);
        Configure("fabric.yaml", mosquitto, "privacy.key", "{}");
        Configure("another-key.yaml", mosquitto, "another.key", "{}");
        Configure("small-messages.yaml", mosquitto, "privacy.key", "{ message.max.bytes: 1000 }");
        await using FabricProcess fabric = FabricProcess.StartIn(_folder.Path, "run");
        await fabric.WhenSaidAsync("connector:gates running", Bound);
        string text = await QuarantinedAsync(mosquitto, fabric, Payload), binary = await QuarantinedAsync(mosquitto, fabric, "\u001b[2J");

        Assert.DoesNotContain("Zq4711", await SaidAsync(0, "quarantine", "show", text), StringComparison.Ordinal);
        string[][] wrong =
        [
            ["quarantine", "show", text, "--reveal"], ["quarantine", "show", text, "--reveal", "--reason", "  "],
            ["quarantine", "show", text, "--reason", "for nothing"],
        ];
        foreach (string[] words in wrong)
        {
            Assert.Contains("--reason", await SaidAsync(2, words), StringComparison.Ordinal);
        }

        string tooLong = new('x', 2000);
        Assert.DoesNotContain("Zq4711", await SaidAsync(
            3, "quarantine", "show", text, "--reveal", "--reason", tooLong, "--config", "small-messages.yaml"), StringComparison.Ordinal);
        Assert.Contains(Payload, await SaidAsync(0, "quarantine", "show", text, "--reveal", "--reason", "ticket 12"), StringComparison.Ordinal);
        JsonElement json = JsonDocument.Parse(
            await SaidAsync(0, "quarantine", "show", binary, "--reveal", "--reason", "ticket 13", "--json")).RootElement;
        Assert.Equal("0x1b5b324a", json.GetProperty("payload").GetString());
        Assert.Contains("PAYLOAD_NOT_DECRYPTED", await SaidAsync(
            3, "quarantine", "show", text, "--reveal", "--reason", "with another key", "--config", "another-key.yaml"), StringComparison.Ordinal);
        Assert.Contains("never reached a topic", await SaidAsync(1, "quarantine", "replay", text), StringComparison.Ordinal);
        Assert.Contains("no quarantined record", await SaidAsync(1, "quarantine", "show", "0:99999"), StringComparison.Ordinal);
        await AssertAuditAsync(text, binary);
    }

    /// <summary>Sends what is no JSON; the place of the record that keeps it.</summary>
    private async Task<string> QuarantinedAsync(MosquittoServer mosquitto, FabricProcess fabric, string payload)
    {
        string[] before = await PlacesAsync();
        await using (MqttSender sender = MqttSender.Start(mosquitto))
        {
            await sender.SendAsync("gate/1", payload);
        }

        using var timeout = new CancellationTokenSource(Bound);
        string[] added;
        while ((added = [.. (await PlacesAsync()).Except(before)]).Length == 0)
        {
            Assert.False(timeout.IsCancellationRequested, fabric.Output);
            await Task.Delay(250);
        }

        return Assert.Single(added);
    }

    private async Task<string[]> PlacesAsync() =>
        [.. (await SaidAsync(0, "quarantine", "list", "--json")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("place").GetString()!)];

    /// <summary>All that was revealed or tried is there, with who and why; nothing of the bytes.</summary>
    private async Task AssertAuditAsync(string text, string binary)
    {
        string lake = _folder["data/lake"], topic = $"gates.quarantine/{text.Replace(':', '/')}";
        Assert.Equal(3, await Lake.WhenRowsAsync(lake, "audit", 3, Bound));
        IReadOnlyList<object?[]> rows = await Lake.RowsOfAsync(
            lake, "SELECT reason, subject, action, actor, host, node FROM audit ORDER BY _offset");
        Assert.Equal(
            [("ticket 12", topic), ("ticket 13", $"gates.quarantine/{binary.Replace(':', '/')}"), ("with another key", topic)],
            rows.Select(row => ((string)row[0]!, (string)row[1]!)));
        Assert.All(rows, row => Assert.Equal(["quarantine.reveal", Environment.UserName, Environment.MachineName, "edge-1"], row[2..]));
        string readme = File.ReadAllText(Path.Combine(TestData.RepositoryRoot, "README.md"));
        string query = Assert.Single(AuditQuery().Matches(readme)).Groups[1].Value;
        Assert.Contains("ticket 12", await SaidAsync(0, "sql", query), StringComparison.Ordinal);
        Assert.Equal(0, await Lake.CountAsync(lake, "SELECT count(*) FROM lineage WHERE job_name = 'sink.audit'"));
    }

    private async Task<string> SaidAsync(int exitCode, params string[] words)
    {
        (int code, string said) = await FabricProcess.RunInAsync(_folder.Path, Bound, words);
        Assert.True(code == exitCode, $"fabric {string.Join(' ', words)}: {code}\n{said}");
        return said;
    }

    private void Configure(string file, MosquittoServer mosquitto, string key, string client) =>
        File.WriteAllText(_folder[file], $$"""
            fabric: gates
            node: edge-1
            kafka: { bootstrap: embedded, listen: 127.0.0.1:0, client: {{client}} }
            connectors:
              - name: gates
                kind: mqtt
                url: {{mosquitto.Url.ToString().TrimEnd('/')}}
                subscribe: [gate/+]
                topic: gate/{device}
                payload: { format: json }
            privacy: { key: "${file:secrets/{{key}}}", fields: [$.operator] }
            tables: { default: { flush: { every: 500ms } } }
            """);

    [GeneratedRegex("`(SELECT [^`]+ FROM audit)`")]
    private static partial Regex AuditQuery();
}

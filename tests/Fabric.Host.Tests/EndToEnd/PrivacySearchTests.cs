using System.Text;
using Fabric.Core;
using Fabric.Delta;
using Fabric.Delta.Checkpoints;
using Fabric.Devices.Mqtt;
using Fabric.DuckDb;
using Fabric.Governance.Privacy;
using Fabric.Lakehouse.Sql;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Host.Tests.EndToEnd;

/// <summary>
/// A thousand personal values in payloads and topic levels, in messages that parse and in messages that do not: none can be read
/// in any file or output; with privacy off the same search finds them all.
/// </summary>
[Collection("EndToEnd")]
public sealed class PrivacySearchTests(ITestOutputHelper output)
{
    private const int Values = 1000;

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Planted_values_are_found_only_without_privacy(bool isPrivate)
    {
        Skip.IfNot(MosquittoServer.Judge.IsPresent, MosquittoServer.Judge.Absent);
        using var folder = new TempFolder();
        await using MosquittoServer mosquitto = await MosquittoServer.StartAsync();
        WriteConfiguration(folder, mosquitto, isPrivate);
        string said;
        FabricProcess fabric = FabricProcess.Start("run", "--config", folder["fabric.yaml"], "--log", "Debug");
        await using (fabric)
        {
            await fabric.WhenSaidAsync("connector:gates running", TimeSpan.FromMinutes(1));
            await PublishAsync(mosquitto);
            long rows = await Lake.WhenRowsAsync(folder["data/lake"], "raw", Good * 2, TimeSpan.FromMinutes(1));
            long refused = await Lake.WhenRowsAsync(folder["data/lake"], "quarantine", Values - Good, TimeSpan.FromMinutes(1));
            Assert.Equal((Good * 2, Values - Good), (rows, refused));
        }

        said = fabric.Output;
        HashSet<int> found = await SearchAsync(folder, said);
        output.WriteLine($"measured privacy {(isPrivate ? "on" : "off")}: {found.Count} of {Values} planted values can be read");
        Assert.Equal(isPrivate ? 0 : Values, found.Count);
        if (isPrivate)
        {
            await AssertTokensJoinAsync(folder);
        }
    }

    private static int Good => Enumerable.Range(0, Values).Count(i => KindOf(i) is 0 or 1);

    /// <summary>0: in the payload. 1: in the topic. 2: in a payload that does not parse. 3: in the topic of one. 4: in no form.</summary>
    private static int KindOf(int value) => value % 5;

    // A value that occurs nowhere by chance, and not in another value.
    private static string ValueOf(int value) => $"Zq{value:x4}Person{value * 7919 % 10007:d5}";

    private static async Task PublishAsync(MosquittoServer mosquitto)
    {
        await using var client = new MqttClient(
            new MqttClientOptions { Url = mosquitto.Url, ClientId = "planter", PersistentSession = false }, TimeProvider.System, new Random());
        client.Start();
        for (int i = 0; i < Values; i++)
        {
            string value = ValueOf(i);
            (string topic, string payload) = KindOf(i) switch
            {
                0 => ("gate/1/nobody", $$"""{"operator":"{{value}}","door":{{i}}}"""),
                1 => ($"gate/1/{value}", $$"""{"operator":"nobody","door":{{i}}}"""),
                2 => ("gate/1/nobody", $$"""{"operator":"{{value}}","door":"""),
                3 => ($"gate/1/{value}", "not json"),
                _ => ($"gate/1/{value}/too/deep", $"operator={value}"),
            };
            await client.PublishAsync(new MqttPublication { Topic = topic, Payload = Encoding.UTF8.GetBytes(payload) });
        }
    }

    /// <summary>Every byte of every file and of the output, and every value of every table, in the forms a value could have taken.</summary>
    private static async Task<HashSet<int>> SearchAsync(TempFolder folder, string said)
    {
        var haystacks = new List<byte[]> { Encoding.UTF8.GetBytes(said) };
        haystacks.AddRange(Directory.EnumerateFiles(folder["data"], "*", SearchOption.AllDirectories).Select(File.ReadAllBytes));
        haystacks.Add(Encoding.UTF8.GetBytes(await TablesAsync(folder["data/lake"])));
        var found = new HashSet<int>();
        for (int i = 0; i < Values; i++)
        {
            byte[] plain = Encoding.UTF8.GetBytes(ValueOf(i));
            byte[][] forms =
            [
                plain, Encoding.Unicode.GetBytes(ValueOf(i)), Encoding.ASCII.GetBytes(Convert.ToHexStringLower(plain)),
                Encoding.ASCII.GetBytes(Convert.ToHexString(plain)), .. Base64Forms(plain),
            ];
            if (haystacks.Any(haystack => forms.Any(form => haystack.AsSpan().IndexOf(form) >= 0)))
            {
                found.Add(i);
            }
        }

        return found;
    }

    /// <summary>What base64 makes of the value at each of the three alignments, without the characters neighbours mix into.</summary>
    private static IEnumerable<byte[]> Base64Forms(byte[] plain) => Enumerable.Range(0, 3).Select(shift =>
    {
        string text = Convert.ToBase64String([.. new byte[shift], .. plain]);
        return Encoding.ASCII.GetBytes(text[(shift == 0 ? 0 : 4)..^4]);
    });

    private static async Task<string> TablesAsync(string lakeFolder)
    {
        using DuckDbDatabase checkpoints = DuckDbDatabase.Open();
        using LakeSql lake = await LakeSql.OpenAsync(
            lakeFolder,
            new DeltaEnvironment(
                TimeProvider.System, new Random(), new SystemIdSource(TimeProvider.System), new DuckDbCheckpointFiles(checkpoints)),
            null, [], CancellationToken.None);
        var text = new StringBuilder();
        foreach (string table in lake.Tables)
        {
            using DuckDbResult result = lake.Connection.Query($"SELECT CAST(columns(*) AS VARCHAR) FROM {table}");
            foreach (object?[] row in result.Rows())
            {
                text.AppendJoin('\n', row).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>The same person has the same token wherever it stands, and different persons have different ones.</summary>
    private static async Task AssertTokensJoinAsync(TempFolder folder)
    {
        string lake = folder["data/lake"];
        var tokens = new KeyedSubjectTokens(PrivacyKey.Load(folder["secrets/privacy.key"], folder["data"]));
        Assert.Equal(1, await Lake.CountAsync(
            lake, $"SELECT count(*) FROM raw WHERE point = 'operator' AND value_text = '{tokens.Tokenize(ValueOf(0))}'"));
        Assert.Equal(
            (Good / 2) + 1, await Lake.CountAsync(lake, "SELECT count(DISTINCT value_text) FROM raw WHERE point = 'operator'"));
    }

    private static void WriteConfiguration(TempFolder folder, MosquittoServer mosquitto, bool isPrivate)
    {
        string privacy = "";
        if (isPrivate)
        {
            PrivacyKey.Create(folder["secrets/privacy.key"], folder["data"]);
            privacy = "privacy: { key: \"${file:secrets/privacy.key}\", fields: [$.operator], topicLevels: [person] }";
        }

        File.WriteAllText(folder["fabric.yaml"], $$"""
            fabric: gates
            data: ./data
            kafka: { bootstrap: embedded, listen: 127.0.0.1:0 }
            connectors:
              - name: gates
                kind: mqtt
                url: {{mosquitto.Url.ToString().TrimEnd('/')}}
                subscribe: [gate/#]
                topic: gate/{device}/{person}
                attributes: [person]
                payload: { format: json }
            tables: { default: { flush: { every: 500ms } } }
            {{privacy}}
            """);
    }
}

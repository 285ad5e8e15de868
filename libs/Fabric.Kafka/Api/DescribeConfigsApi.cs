using Fabric.Kafka.Broker;
using Fabric.Kafka.Broker.Configs;
using Fabric.Kafka.Broker.Topics;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Api;

/// <summary>
/// DescribeConfigs (32), versions 0 to 4: the settings of topics and of the broker.
/// <code>
/// request:  [] { type int8 | name | keys nullable [] string } | [v1+ synonyms bool] | [v3+ documentation bool]
/// response: throttleTimeMs int32 | [] { error int16 | message nullable | type int8 | name | [] { name | value nullable | readOnly bool
///           | [v0 isDefault bool] | [v1+ source int8] | sensitive bool | [v1+ synonyms [] { name | value nullable | source int8 }]
///           | [v3+ type int8 | documentation nullable] } }
/// </code>
/// v4: flexible.
/// </summary>
internal sealed class DescribeConfigsApi(ConfigAdministration administration) : IApiHandler
{
    private sealed record Wanted(ConfigResource Resource, HashSet<string>? Keys);

    public short Key => 32;

    public string Name => "DescribeConfigs";

    public short MinVersion => 0;

    public short MaxVersion => 4;

    public short FirstFlexibleVersion => 4;

    public void Handle(RequestContext context, ref KafkaReader body)
    {
        short version = context.ApiVersion;
        List<Wanted> wanted = ReadResources(ref body);
        bool wantsSynonyms = version >= 1 && body.ReadBoolean();
        bool wantsDocumentation = version >= 3 && body.ReadBoolean();
        body.SkipTags();

        KafkaWriter response = context.Response;
        response.WriteInt32(0);
        response.WriteArrayLength(wanted.Count);
        foreach (Wanted one in wanted)
        {
            Outcome outcome = administration.Describe(one.Resource, out IReadOnlyList<ConfigValue> values);
            List<ConfigValue> chosen = [.. values.Where(value => one.Keys?.Contains(value.Name) ?? true)];
            response.WriteError(outcome.Error);
            response.WriteNullableString(outcome.Message);
            response.WriteInt8(one.Resource.Type);
            response.WriteString(one.Resource.Name);
            response.WriteArrayLength(chosen.Count);
            chosen.ForEach(value => WriteValue(response, version, value, wantsSynonyms, wantsDocumentation));
            response.WriteEmptyTags();
        }

        response.WriteEmptyTags();
        context.Send();
    }

    private static List<Wanted> ReadResources(ref KafkaReader body)
    {
        var wanted = new List<Wanted>();
        int count = body.ReadArrayLengthOrEmpty(3);
        for (int i = 0; i < count; i++)
        {
            sbyte type = body.ReadInt8();
            string name = body.ReadString();
            int keyCount = body.ReadArrayLength(1);
            HashSet<string>? keys = keyCount < 0 ? null : [];
            for (int j = 0; j < keyCount; j++)
            {
                keys!.Add(body.ReadString());
            }

            body.SkipTags();
            wanted.Add(new Wanted(new ConfigResource(type, name), keys));
        }

        return wanted;
    }

    private static void WriteValue(
        KafkaWriter response, short version, ConfigValue value, bool wantsSynonyms, bool wantsDocumentation)
    {
        response.WriteString(value.Name);
        response.WriteNullableString(value.Value);
        response.WriteBoolean(value.IsReadOnly);
        if (version == 0)
        {
            response.WriteBoolean(value.Source == ConfigSource.Default);
        }
        else
        {
            response.WriteInt8((sbyte)value.Source);
        }

        response.WriteBoolean(false); // sensitive: passwords are no settings here
        if (version >= 1)
        {
            WriteSynonyms(response, wantsSynonyms ? value.Synonyms : []);
        }

        if (version >= 3)
        {
            response.WriteInt8((sbyte)value.Key.Type);
            response.WriteNullableString(wantsDocumentation ? value.Key.Documentation : null);
        }

        response.WriteEmptyTags();
    }

    private static void WriteSynonyms(KafkaWriter response, IReadOnlyList<ConfigSynonym> synonyms)
    {
        response.WriteArrayLength(synonyms.Count);
        foreach (ConfigSynonym synonym in synonyms)
        {
            response.WriteString(synonym.Name);
            response.WriteNullableString(synonym.Value);
            response.WriteInt8((sbyte)synonym.Source);
            response.WriteEmptyTags();
        }
    }
}

using System.Globalization;
using Fabric.Governance.Privacy;
using Fabric.Schemas;

namespace Fabric.Connectors.Runner;

/// <summary>Replaces the personal values of a batch by tokens, in one call to the door.</summary>
/// <remarks>Used by one runner; keeps its buffer.</remarks>
internal sealed class Tokenizer(ISubjectTokens tokens)
{
    private string[] _texts = [];

    public async ValueTask TokenizeAsync(SourceBatch batch, CancellationToken cancellationToken)
    {
        int count = batch.PersonalValues.Count;
        if (count == 0)
        {
            return;
        }

        if (_texts.Length < count)
        {
            _texts = new string[Math.Max(count, _texts.Length * 2)];
        }

        for (int i = 0; i < count; i++)
        {
            _texts[i] = Read(batch.PersonalValues[i]);
        }

        await tokens.TokenizeAsync(_texts.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < count; i++)
        {
            Replace(batch.PersonalValues[i], _texts[i]);
        }

        Array.Clear(_texts, 0, count);
    }

    private static string Read(PersonalValue at) => at.Part switch
    {
        PersonalPart.Device => at.Observation.Device,
        PersonalPart.Point => at.Observation.Samples[at.Sample].Point,
        PersonalPart.Attribute => at.Observation.Attributes[at.Attribute],
        _ => TextOf(at.Observation.Samples[at.Sample].Value),
    };

    private static void Replace(PersonalValue at, string token)
    {
        switch (at.Part)
        {
            case PersonalPart.Device:
                at.Observation.Device = token;
                break;
            case PersonalPart.Point:
                at.Observation.Samples[at.Sample].Point = token;
                break;
            case PersonalPart.Attribute:
                at.Observation.Attributes[at.Attribute] = token;
                break;
            default:
                Sample sample = at.Observation.Samples[at.Sample];
                if (!sample.Value.IsNull)
                {
                    sample.Value = token;
                }

                break;
        }
    }

    /// <summary>The text a person would have typed: a badge number sent as a number gives the same token as one sent as text.</summary>
    private static string TextOf(SampleValue value) => value.Kind switch
    {
        SampleValueKind.Boolean => value.AsBoolean() ? "true" : "false",
        SampleValueKind.Long => value.AsLong().ToString(CultureInfo.InvariantCulture),
        SampleValueKind.Double => value.AsDouble().ToString("R", CultureInfo.InvariantCulture),
        SampleValueKind.String => value.AsString(),
        SampleValueKind.Bytes => Convert.ToBase64String(value.AsBytes()),
        _ => "",
    };
}

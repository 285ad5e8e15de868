using Fabric.Schemas;

namespace Fabric.Connectors.Payload;

/// <summary>Qualities as gateways write them: words, OPC classic codes (192 good, 64 uncertain, 0 bad), booleans.</summary>
internal static class QualityWords
{
    /// <summary>The quality a text stands for; UNCERTAIN when nobody knows the word, which is then kept as status.</summary>
    public static Quality Of(string text, out string? status)
    {
        status = null;
        switch (text.ToUpperInvariant())
        {
            case "GOOD" or "OK" or "TRUE" or "VALID" or "192" or "0X00000000":
                return Quality.Good;
            case "UNCERTAIN" or "SUSPECT" or "QUESTIONABLE" or "64":
                return Quality.Uncertain;
            case "BAD" or "FALSE" or "INVALID" or "ERROR" or "FAIL" or "0":
                return Quality.Bad;
            default:
                status = text;
                return Quality.Uncertain;
        }
    }
}

using System.Text.Json;

namespace Fabric.Delta.Actions;

/// <summary>
/// Texts out of JSON that somebody else wrote: an escaped lone surrogate or broken UTF-8 passes the JSON parser and throws only
/// when the text is asked for.
/// </summary>
internal static class TextJson
{
    /// <summary>False when the element is no string, or a string that is no text.</summary>
    public static bool TryText(JsonElement element, out string text)
    {
        text = "";
        if (element.ValueKind != JsonValueKind.String)
        {
            return false;
        }

        try
        {
            text = element.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    public static bool TryName(JsonProperty property, out string name)
    {
        try
        {
            name = property.Name;
            return true;
        }
        catch (InvalidOperationException)
        {
            name = "";
            return false;
        }
    }

    /// <summary>Whether every name and text inside can be read.</summary>
    public static bool IsSound(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => TryText(element, out _),
        JsonValueKind.Array => element.EnumerateArray().All(IsSound),
        JsonValueKind.Object => element.EnumerateObject().All(property => TryName(property, out _) && IsSound(property.Value)),
        _ => true,
    };
}

using System.Text;

namespace Fabric.Host.Commands;

/// <summary>Bytes for a person: text when they are UTF-8 that a terminal shows and does not obey, else hexadecimal.</summary>
internal readonly record struct RevealedBytes(byte[] Bytes)
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Null when they are no such text.</summary>
    public string? Text
    {
        get
        {
            try
            {
                string text = Strict.GetString(Bytes);
                return text.Any(c => char.IsControl(c) && c is not ('\t' or '\n' or '\r')) ? null : text;
            }
            catch (DecoderFallbackException)
            {
                return null;
            }
        }
    }

    public override string ToString() => Text ?? $"0x{Convert.ToHexStringLower(Bytes)}";
}

namespace Fabric.Avro;

/// <summary>Arrays of strings or symbols as one text.</summary>
internal static class JoinedText
{
    /// <summary>Appends the items with commas between them; nothing for an empty array.</summary>
    public static void Append(ref AvroReader reader, ArraySchema array, AvroBuffer into)
    {
        byte[][]? symbols = (array.Items as EnumSchema)?.SymbolBytes;
        bool first = true;
        for (int count; (count = reader.ReadBlock(1)) > 0;)
        {
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<byte> item = symbols is null ? reader.ReadUtf8() : symbols[reader.ReadEnum(symbols.Length)];
                Span<byte> span = into.GetSpan(item.Length + 1);
                int comma = first ? 0 : 1;
                span[0] = (byte)',';
                item.CopyTo(span[comma..]);
                into.Advance(item.Length + comma);
                first = false;
            }
        }
    }
}

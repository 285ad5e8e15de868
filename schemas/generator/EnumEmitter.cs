using Fabric.Avro;

namespace Fabric.Schemas.Generator;

/// <summary>An enum whose numbers are the indexes on the wire, and its symbols.</summary>
internal static class EnumEmitter
{
    public static string Emit(EnumSchema schema)
    {
        CSharpText text = CSharpText.NewFile();
        text.Doc(schema.Doc ?? $"Avro enum {schema.FullName}; the numbers are the indexes on the wire.");
        text.Open($"public enum {schema.Name}");
        foreach (string symbol in schema.Symbols)
        {
            text.Line($"{CSharpText.Pascal(symbol)},");
        }

        text.Close();
        text.Line();
        text.Doc($"The symbols of {schema.Name}, as schemas and tables spell them.");
        text.Open($"public static class {schema.Name}Symbols");
        text.Line($"private static readonly string[] Symbols = [{string.Join(", ", schema.Symbols.Select(s => $"\"{s}\""))}];");
        text.Line();
        text.Doc("The symbol, e.g. " + schema.Symbols[0] + ".");
        text.Line($"public static string Symbol(this {schema.Name} value) => Symbols[(int)value];");
        text.Line();
        text.Doc("The value of a symbol; false when there is none of that name.");
        text.Open($"public static bool TryParse(string symbol, out {schema.Name} value)");
        text.Line("int index = Array.IndexOf(Symbols, symbol);");
        text.Line($"value = index < 0 ? default : ({schema.Name})index;");
        text.Line("return index >= 0;");
        text.Close();
        text.Close();
        return text.ToString();
    }
}

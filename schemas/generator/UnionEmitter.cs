using Fabric.Avro;

namespace Fabric.Schemas.Generator;

/// <summary>A union of several primitive types as a struct with a kind: no boxing.</summary>
internal static class UnionEmitter
{
    private sealed record Case(string Name, string Type, string Store, string Load);

    public static string Emit(string name, UnionSchema union)
    {
        (Schema Branch, Case? Case)[] cases = [.. union.Branches.Select(branch => (branch, CaseOf(branch)))];
        CSharpText text = CSharpText.NewFile();
        EmitKind(text, name, cases);
        text.Doc("One of " + string.Join(", ", union.Branches.Select(b => b.FullName)) + ". The default is Null; nothing is boxed.");
        text.Open($"public readonly struct {name} : IEquatable<{name}>");
        text.Line("private readonly object? _reference;");
        text.Line("private readonly long _bits;");
        text.Line();
        text.Open($"private {name}({name}Kind kind, long bits, object? reference)");
        text.Line("Kind = kind;");
        text.Line("_bits = bits;");
        text.Line("_reference = reference;");
        text.Close();
        text.Line();
        text.Doc("Which of the types it is.");
        text.Line($"public {name}Kind Kind {{ get; }}");
        text.Line();
        text.Line($"public bool IsNull => Kind == {name}Kind.Null;");
        foreach (Case? some in cases.Select(c => c.Case))
        {
            if (some is not null)
            {
                EmitCase(text, name, some);
            }
        }

        EmitCodec(text, name, cases);
        EmitEquality(text, name);
        text.Close();
        return text.ToString();
    }

    private static Case? CaseOf(Schema branch) => branch.Type switch
    {
        SchemaType.Null => null,
        SchemaType.Boolean => new("Boolean", "bool", "value ? 1 : 0, null", "_bits != 0"),
        SchemaType.Int => new("Int", "int", "value, null", "(int)_bits"),
        SchemaType.Long => new("Long", "long", "value, null", "_bits"),
        SchemaType.Float => new("Float", "float", "BitConverter.SingleToInt32Bits(value), null",
            "BitConverter.Int32BitsToSingle((int)_bits)"),
        SchemaType.Double => new("Double", "double", "BitConverter.DoubleToInt64Bits(value), null",
            "BitConverter.Int64BitsToDouble(_bits)"),
        SchemaType.String => new("String", "string", "0, NotNull(value)", "(string)_reference!"),
        SchemaType.Bytes => new("Bytes", "byte[]", "0, NotNull(value)", "(byte[])_reference!"),
        _ => throw new InvalidOperationException($"A union with {branch.FullName} is not generated"),
    };

    private static void EmitKind(CSharpText text, string name, (Schema Branch, Case? Case)[] cases)
    {
        if (cases[0].Case is not null)
        {
            throw new InvalidOperationException($"{name}: the first branch must be null, so that the default is");
        }

        text.Doc($"The types of a {name}; the numbers are the branch indexes on the wire.");
        text.Open($"public enum {name}Kind");
        foreach ((_, Case? some) in cases)
        {
            text.Line($"{some?.Name ?? "Null"},");
        }

        text.Close();
        text.Line();
    }

    private static void EmitCase(CSharpText text, string name, Case some)
    {
        text.Line();
        text.Doc($"The value when the kind is {some.Name}.");
        text.Line($"/// <exception cref=\"InvalidOperationException\">It is of another kind.</exception>");
        text.Line($"public {some.Type} As{some.Name}() => Kind == {name}Kind.{some.Name} ? {some.Load} : throw Other();");
        text.Line();
        text.Line($"public static {name} From({some.Type} value) => new({name}Kind.{some.Name}, {some.Store});");
        text.Line();
        text.Line($"public static implicit operator {name}({some.Type} value) => From(value);");
    }

    private static void EmitCodec(CSharpText text, string name, (Schema Branch, Case? Case)[] cases)
    {
        text.Line();
        text.Open("public void Write(ref AvroWriter writer)");
        text.Line("writer.WriteInt((int)Kind);");
        text.Open("switch (Kind)");
        foreach (Case some in cases.Select(c => c.Case).OfType<Case>())
        {
            text.Line($"case {name}Kind.{some.Name}:");
            text.Line($"    writer.Write{some.Name}({some.Load});");
            text.Line("    break;");
        }

        text.Close();
        text.Close();
        text.Line();
        text.Line($"public static {name} Read(ref AvroReader reader) => ({name}Kind)reader.ReadUnion({cases.Length}) switch");
        EmitReadArms(text, name, cases, "reader.Read{0}()");
        text.Line();
        text.Doc("Reads what a writer of another version wrote.");
        text.Open($"public static {name} Read(ref AvroReader reader, ValuePlan plan)");
        text.Line($"var kind = ({name}Kind)plan.ReadUnion(ref reader, out ValuePlan value);");
        text.Line("return kind switch");
        EmitReadArms(text, name, cases, "value.Read{0}(ref reader)");
        text.Close();
    }

    private static void EmitReadArms(CSharpText text, string name, (Schema Branch, Case? Case)[] cases, string read)
    {
        text.Line("{");
        foreach (Case some in cases.Select(c => c.Case).OfType<Case>())
        {
            string value = string.Format(null, read, some.Name) + (some.Name == "Bytes" ? ".ToArray()" : "");
            text.Line($"    {name}Kind.{some.Name} => From({value}),");
        }

        text.Line("    _ => default,");
        text.Line("};");
    }

    private static void EmitEquality(CSharpText text, string name)
    {
        text.Line();
        text.Doc("Same kind and same value; doubles by their bits, bytes by content.");
        text.Line($"public bool Equals({name} other) => Kind == other.Kind && _bits == other._bits && (_reference, other._reference) switch");
        text.Line("{");
        text.Line("    (byte[] left, byte[] right) => left.AsSpan().SequenceEqual(right),");
        text.Line("    _ => Equals(_reference, other._reference),");
        text.Line("};");
        text.Line();
        text.Line($"public override bool Equals(object? obj) => obj is {name} other && Equals(other);");
        text.Line();
        text.Line("public override int GetHashCode() => HashCode.Combine(Kind, _bits, _reference is byte[] bytes ? bytes.Length : _reference);");
        text.Line();
        text.Line($"public static bool operator ==({name} left, {name} right) => left.Equals(right);");
        text.Line();
        text.Line($"public static bool operator !=({name} left, {name} right) => !left.Equals(right);");
        text.Line();
        text.Open("private static object NotNull(object? value)");
        text.Line("ArgumentNullException.ThrowIfNull(value);");
        text.Line("return value;");
        text.Close();
        text.Line();
        text.Line($"private InvalidOperationException Other() => new($\"The value is of kind {{Kind}}\");");
    }
}

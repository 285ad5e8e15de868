using Fabric.Avro;

namespace Fabric.Schemas.Generator;

/// <summary>How one Avro type looks in C#: its type and the expressions that read it.</summary>
/// <param name="CSharpType">Declared type.</param>
/// <param name="Initial">Initial value, empty when the default of the type will do.</param>
/// <param name="Read">Expression over <c>reader</c>.</param>
/// <param name="ReadByPlan">Expression over <c>reader</c> and a plan named by <c>{0}</c>.</param>
/// <param name="Write">Statement over <c>writer</c> and a value named by <c>{0}</c>.</param>
internal sealed record FieldShape(string CSharpType, string Initial, string Read, string ReadByPlan, string Write)
{
    /// <summary>The shape of a type that one expression reads; collections are not.</summary>
    public static FieldShape Of(Schema schema, TypeCatalog catalog) => schema switch
    {
        UnionSchema { Optional: { } inner } union => Optional(union, Of(inner, catalog)),
        UnionSchema union => Union(catalog.NameOf(union)),
        EnumSchema type => new(type.Name, "", $"({type.Name})reader.ReadEnum({type.Symbols.Count})",
            $"({type.Name}){{0}}.ReadEnum(ref reader)", "writer.WriteInt((int){0});"),
        RecordSchema type => new(type.Name, "new()", $"{type.Name}.Read(ref reader)",
            $"{type.Name}.Read(ref reader, {{0}})", "{0}.Write(ref writer);"),
        _ => schema.Type switch
        {
            SchemaType.Boolean => Primitive("bool", "Boolean"),
            SchemaType.Int => Primitive("int", "Int"),
            SchemaType.Long => Primitive("long", "Long"),
            SchemaType.Float => Primitive("float", "Float"),
            SchemaType.Double => Primitive("double", "Double"),
            SchemaType.String => Primitive("string", "String") with { Initial = "\"\"" },
            SchemaType.Bytes => new("byte[]", "[]", "reader.ReadBytes().ToArray()",
                "{0}.ReadBytes(ref reader).ToArray()", "writer.WriteBytes({0});"),
            _ => throw new InvalidOperationException($"A {schema.FullName} at this place is not generated"),
        },
    };

    /// <summary>The property's name; numbers that are moments say their unit.</summary>
    public static string PropertyName(RecordField field)
    {
        Schema type = field.Type is UnionSchema { Optional: { } inner } ? inner : field.Type;
        return CSharpText.Pascal(field.Name) + type.Logical.Kind switch
        {
            LogicalKind.TimestampMillis or LogicalKind.TimeMillis or LogicalKind.LocalTimestampMillis => "Millis",
            LogicalKind.TimestampMicros or LogicalKind.TimeMicros or LogicalKind.LocalTimestampMicros => "Micros",
            LogicalKind.TimestampNanos or LogicalKind.LocalTimestampNanos => "Nanos",
            LogicalKind.Date => "Days",
            _ => "",
        };
    }

    private static FieldShape Primitive(string type, string name) =>
        new(type, "", $"reader.Read{name}()", $"{{0}}.Read{name}(ref reader)", $"writer.Write{name}({{0}});");

    private static FieldShape Optional(UnionSchema union, FieldShape inner) => new(
        inner.CSharpType + "?",
        "",
        $"reader.ReadUnion(2) == {union.NullIndex} ? null : {inner.Read}",
        $"{{0}}.ReadUnion(ref reader, out ValuePlan some) == {union.NullIndex} ? null : {string.Format(null, inner.ReadByPlan, "some")}",
        inner.Write);

    private static FieldShape Union(string name) =>
        new(name, "", $"{name}.Read(ref reader)", $"{name}.Read(ref reader, {{0}})", "{0}.Write(ref writer);");
}

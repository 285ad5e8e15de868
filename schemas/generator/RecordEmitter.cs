using Fabric.Avro;

namespace Fabric.Schemas.Generator;

/// <summary>A record as a class that reads and writes itself.</summary>
internal static class RecordEmitter
{
    public static string Emit(RecordSchema schema, TypeCatalog catalog)
    {
        FieldCode[] fields = [.. schema.Fields.Select(field => FieldCode.For(field, catalog))];
        CSharpText text = CSharpText.NewFile();
        text.Doc(schema.Doc ?? $"Avro record {schema.FullName}.");
        text.Open($"public sealed class {schema.Name} : IAvroRecord<{schema.Name}>");
        text.Doc("The schema as JSON: what is registered.");
        text.Line("public const string SchemaJson =");
        text.Line("    \"\"\"");
        text.Line("    " + schema.ToJson());
        text.Line("    \"\"\";");
        text.Line();
        text.Line("public static Schema Schema { get; } = global::Fabric.Avro.Schema.Parse(SchemaJson);");
        foreach (FieldCode field in fields)
        {
            text.Line();
            text.Doc(field.Doc);
            text.Line(field.Declaration);
        }

        EmitStatics(text, schema);
        EmitWrite(text, fields);
        EmitRead(text, fields);
        EmitReadByPlan(text, fields);
        text.Close();
        return text.ToString();
    }

    private static void EmitStatics(CSharpText text, RecordSchema schema)
    {
        text.Line();
        text.Doc("Reads what was written with this schema into a new record.");
        text.Open($"public static {schema.Name} Read(ref AvroReader reader)");
        text.Line($"var record = new {schema.Name}();");
        text.Line("record.ReadFrom(ref reader);");
        text.Line("return record;");
        text.Close();
        text.Line();
        text.Doc("Reads what a writer of another version wrote into a new record.");
        text.Open($"public static {schema.Name} Read(ref AvroReader reader, ValuePlan plan)");
        text.Line($"var record = new {schema.Name}();");
        text.Line("record.ReadFrom(ref reader, plan);");
        text.Line("return record;");
        text.Close();
    }

    private static void EmitWrite(CSharpText text, FieldCode[] fields)
    {
        text.Line();
        text.Open("public void Write(ref AvroWriter writer)");
        foreach (FieldCode field in fields)
        {
            field.EmitWrite(text);
        }

        text.Close();
    }

    private static void EmitRead(CSharpText text, FieldCode[] fields)
    {
        text.Line();
        text.Open("public void ReadFrom(ref AvroReader reader)");
        foreach (FieldCode field in fields)
        {
            field.EmitRead(text);
        }

        text.Close();
    }

    private static void EmitReadByPlan(CSharpText text, FieldCode[] fields)
    {
        text.Line();
        text.Open("public void ReadFrom(ref AvroReader reader, ValuePlan plan)");
        text.Open("if (plan.IsDirect)");
        text.Line("ReadFrom(ref reader);");
        text.Line("return;");
        text.Close();
        text.Line();
        text.Open("foreach (ref readonly FieldStep step in plan.Concrete(ref reader).Steps)");
        text.Open("if (step.Field < 0)");
        text.Line("step.Skip(ref reader);");
        text.Close();
        text.Open("else if (step.TryDefault(out AvroReader source))");
        text.Line("ReadField(ref source, step.Field);");
        text.Close();
        text.Open("else if (step.IsDirect)");
        text.Line("ReadField(ref reader, step.Field);");
        text.Close();
        text.Open("else");
        text.Line("ReadField(ref reader, step.Field, step.Plan);");
        text.Close();
        text.Close();
        text.Close();
        EmitSwitch(text, fields, "private void ReadField(ref AvroReader reader, int field)", (code, to) => code.EmitRead(to));
        EmitSwitch(text, fields, "private void ReadField(ref AvroReader reader, int field, ValuePlan plan)",
            (code, to) => code.EmitReadByPlan(to));
    }

    private static void EmitSwitch(CSharpText text, FieldCode[] fields, string signature, Action<FieldCode, CSharpText> emit)
    {
        text.Line();
        text.Open(signature);
        text.Open("switch (field)");
        for (int i = 0; i < fields.Length; i++)
        {
            text.Open($"case {i}:");
            emit(fields[i], text);
            text.Line("break;");
            text.Close();
        }

        text.Close();
        text.Close();
    }
}

using Fabric.Avro;

namespace Fabric.Schemas.Generator;

/// <summary>The code of one field: declaration, writing, reading, reading by a plan.</summary>
internal abstract class FieldCode
{
    protected FieldCode(RecordField field)
    {
        Name = FieldShape.PropertyName(field);
        Doc = field.Doc;
    }

    public string? Doc { get; }

    public abstract string Declaration { get; }

    protected string Name { get; }

    public static FieldCode For(RecordField field, TypeCatalog catalog) => field.Type switch
    {
        ArraySchema array => new ListCode(field, array, catalog),
        MapSchema map => new MapCode(field, map, catalog),
        RecordSchema record => new NestedCode(field, record),
        _ => new ValueCode(field, FieldShape.Of(field.Type, catalog)),
    };

    public abstract void EmitWrite(CSharpText text);

    public abstract void EmitRead(CSharpText text);

    public abstract void EmitReadByPlan(CSharpText text);

    protected static string Fill(string template, string name) => string.Format(null, template, name);
}

/// <summary>A value that one expression reads.</summary>
internal sealed class ValueCode(RecordField field, FieldShape shape) : FieldCode(field)
{
    private readonly UnionSchema? _optional = field.Type is UnionSchema { Optional: not null } union ? union : null;

    public override string Declaration => shape.Initial.Length == 0
        ? $"public {shape.CSharpType} {Name} {{ get; set; }}"
        : $"public {shape.CSharpType} {Name} {{ get; set; }} = {shape.Initial};";

    public override void EmitWrite(CSharpText text)
    {
        if (_optional is null)
        {
            text.Line(Fill(shape.Write, Name));
            return;
        }

        string some = $"some{Name}";
        text.Open($"if ({Name} is {{ }} {some})");
        text.Line($"writer.WriteInt({1 - _optional.NullIndex});");
        text.Line(Fill(shape.Write, some));
        text.Close();
        text.Open("else");
        text.Line($"writer.WriteInt({_optional.NullIndex});");
        text.Close();
        text.Line();
    }

    public override void EmitRead(CSharpText text) => text.Line($"{Name} = {shape.Read};");

    public override void EmitReadByPlan(CSharpText text) => text.Line($"{Name} = {Fill(shape.ReadByPlan, "plan")};");
}

/// <summary>A record within the record, reused.</summary>
internal sealed class NestedCode(RecordField field, RecordSchema record) : FieldCode(field)
{
    public override string Declaration => $"public {record.Name} {Name} {{ get; }} = new();";

    public override void EmitWrite(CSharpText text) => text.Line($"{Name}.Write(ref writer);");

    public override void EmitRead(CSharpText text) => text.Line($"{Name}.ReadFrom(ref reader);");

    public override void EmitReadByPlan(CSharpText text) => text.Line($"{Name}.ReadFrom(ref reader, plan);");
}

/// <summary>An array: records in a list that reuses them, other values in a plain list.</summary>
internal sealed class ListCode(RecordField field, ArraySchema array, TypeCatalog catalog) : FieldCode(field)
{
    private readonly FieldShape _item = FieldShape.Of(array.Items, catalog);
    private readonly bool _records = array.Items is RecordSchema;
    private readonly int _itemBytesMin = array.Items.BytesMin;

    public override string Declaration =>
        $"public {(_records ? "RecordList" : "List")}<{_item.CSharpType}> {Name} {{ get; }} = [];";

    public override void EmitWrite(CSharpText text)
    {
        text.Line($"writer.WriteBlockStart({Name}.Count);");
        text.Open($"foreach ({_item.CSharpType} item in {Name})");
        text.Line(Fill(_item.Write, "item"));
        text.Close();
        text.Line();
        text.Line("writer.WriteBlockEnd();");
    }

    public override void EmitRead(CSharpText text) =>
        EmitLoop(text, $"reader.ReadBlock({_itemBytesMin})",
            _records ? $"{Name}.Add().ReadFrom(ref reader);" : $"{Name}.Add({_item.Read});");

    public override void EmitReadByPlan(CSharpText text)
    {
        text.Line("ValuePlan list = plan.Concrete(ref reader);");
        EmitLoop(text, "list.ReadBlock(ref reader)", _records
            ? $"{Name}.Add().ReadFrom(ref reader, list.Item);"
            : $"{Name}.Add({Fill(_item.ReadByPlan, "list.Item")});");
    }

    private void EmitLoop(CSharpText text, string block, string add)
    {
        text.Line($"{Name}.Clear();");
        text.Open($"for (int count; (count = {block}) > 0;)");
        text.Open("for (int i = 0; i < count; i++)");
        text.Line(add);
        text.Close();
        text.Close();
        text.Line();
    }
}

/// <summary>A map with values that one expression reads.</summary>
internal sealed class MapCode(RecordField field, MapSchema map, TypeCatalog catalog) : FieldCode(field)
{
    private readonly FieldShape _value = FieldShape.Of(map.Values, catalog);
    private readonly int _itemBytesMin = 1 + map.Values.BytesMin;

    public override string Declaration =>
        $"public Dictionary<string, {_value.CSharpType}> {Name} {{ get; }} = new(StringComparer.Ordinal);";

    public override void EmitWrite(CSharpText text)
    {
        text.Line($"writer.WriteBlockStart({Name}.Count);");
        text.Open($"foreach ((string key, {_value.CSharpType} value) in {Name})");
        text.Line("writer.WriteString(key);");
        text.Line(Fill(_value.Write, "value"));
        text.Close();
        text.Line();
        text.Line("writer.WriteBlockEnd();");
    }

    public override void EmitRead(CSharpText text) =>
        EmitLoop(text, $"reader.ReadBlock({_itemBytesMin})", _value.Read);

    public override void EmitReadByPlan(CSharpText text)
    {
        text.Line("ValuePlan map = plan.Concrete(ref reader);");
        EmitLoop(text, "map.ReadBlock(ref reader)", Fill(_value.ReadByPlan, "map.Item"));
    }

    private void EmitLoop(CSharpText text, string block, string read)
    {
        text.Line($"{Name}.Clear();");
        text.Open($"for (int count; (count = {block}) > 0;)");
        text.Open("for (int i = 0; i < count; i++)");
        text.Line("string key = reader.ReadString();");
        text.Line($"{Name}[key] = {read};");
        text.Close();
        text.Close();
        text.Line();
    }
}

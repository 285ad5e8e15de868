namespace Fabric.Avro;

/// <summary>Reads values as plain objects by a plan.</summary>
internal static class GenericReader
{
    public static object? Read(ref AvroReader reader, ValuePlan plan)
    {
        switch (plan.Kind)
        {
            case PlanKind.Null:
                return null;
            case PlanKind.Boolean:
                return reader.ReadBoolean();
            case PlanKind.Int:
                return reader.ReadInt();
            case PlanKind.IntToLong:
                return (long)reader.ReadInt();
            case PlanKind.Long:
                return reader.ReadLong();
            case PlanKind.IntToFloat or PlanKind.LongToFloat or PlanKind.Float:
                return plan.ReadFloat(ref reader);
            case PlanKind.IntToDouble or PlanKind.LongToDouble or PlanKind.FloatToDouble or PlanKind.Double:
                return plan.ReadDouble(ref reader);
            case PlanKind.Bytes:
                return reader.ReadBytes().ToArray();
            case PlanKind.String:
                return reader.ReadString();
            case PlanKind.Fixed:
                return new GenericFixed((FixedSchema)plan.Reader, plan.ReadFixed(ref reader).ToArray());
            case PlanKind.Enum:
                var type = (EnumSchema)plan.Reader;
                return new GenericEnum(type, type.Symbols[plan.ReadEnum(ref reader)]);
            default:
                reader.Enter();
                object? value = ReadNested(ref reader, plan);
                reader.Leave();
                return value;
        }
    }

    private static object? ReadNested(ref AvroReader reader, ValuePlan plan) => plan.Kind switch
    {
        PlanKind.Record => ReadRecord(ref reader, plan),
        PlanKind.Array => ReadArray(ref reader, plan),
        PlanKind.Map => ReadMap(ref reader, plan),
        PlanKind.ReaderUnion => Read(ref reader, plan.Item),
        _ => Read(ref reader, plan.Concrete(ref reader)),
    };

    private static GenericRecord ReadRecord(ref AvroReader reader, ValuePlan plan)
    {
        var record = new GenericRecord((RecordSchema)plan.Reader);
        foreach (ref readonly FieldStep step in plan.Steps)
        {
            if (step.Field < 0)
            {
                step.Skip(ref reader);
            }
            else if (step.TryDefault(out AvroReader source))
            {
                record[step.Field] = Read(ref source, step.Plan);
            }
            else
            {
                record[step.Field] = Read(ref reader, step.Plan);
            }
        }

        return record;
    }

    private static List<object?> ReadArray(ref AvroReader reader, ValuePlan plan)
    {
        var items = new List<object?>();
        for (int count; (count = plan.ReadBlock(ref reader)) > 0;)
        {
            for (int i = 0; i < count; i++)
            {
                items.Add(Read(ref reader, plan.Item));
            }
        }

        return items;
    }

    private static Dictionary<string, object?> ReadMap(ref AvroReader reader, ValuePlan plan)
    {
        var entries = new Dictionary<string, object?>(StringComparer.Ordinal);
        for (int count; (count = plan.ReadBlock(ref reader)) > 0;)
        {
            for (int i = 0; i < count; i++)
            {
                string key = reader.ReadString();
                entries[key] = Read(ref reader, plan.Item);
            }
        }

        return entries;
    }
}

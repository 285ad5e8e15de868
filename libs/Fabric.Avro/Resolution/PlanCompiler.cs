namespace Fabric.Avro;

/// <summary>Compiles <see cref="ValuePlan"/>s. Pairs met before are not compiled again: recursive types end there.</summary>
internal sealed class PlanCompiler
{
    private readonly Dictionary<(Schema Writer, Schema Reader), ValuePlan> _plans = [];
    private readonly JsonPath _path = new();

    public static ValuePlan Compile(Schema writer, Schema reader)
    {
        var compiler = new PlanCompiler();
        ValuePlan plan = compiler.Plan(writer, reader);
        DirectPlans.Mark([.. compiler._plans.Values]);
        return plan.Kind == PlanKind.Mismatch
            ? throw new AvroException(AvroErrors.Resolution, plan.Problem, compiler._path.ToString())
            : plan;
    }

    private ValuePlan Plan(Schema writer, Schema reader)
    {
        StackGuard.Check();
        if (_plans.TryGetValue((writer, reader), out ValuePlan? known))
        {
            return known;
        }

        var plan = new ValuePlan(writer, reader);
        _plans.Add((writer, reader), plan);
        if (writer is UnionSchema union)
        {
            plan.Kind = PlanKind.WriterUnion;
            plan.Branches = Array.ConvertAll(union.BranchArray, branch => Plan(branch, reader));
        }
        else if (reader is UnionSchema target)
        {
            FillReaderUnion(plan, target);
        }
        else
        {
            Fill(plan, writer, reader);
        }

        return plan;
    }

    private void FillReaderUnion(ValuePlan plan, UnionSchema reader)
    {
        int branch = SchemaMatch.BranchFor(plan.Writer, reader);
        if (branch < 0)
        {
            Mismatch(plan, $"The reader's union has no branch for the writer's {plan.Writer.FullName}");
            return;
        }

        plan.Kind = PlanKind.ReaderUnion;
        plan.Branch = branch;
        plan.Item = Plan(plan.Writer, reader.BranchArray[branch]);
        if (plan.Item.Kind == PlanKind.Mismatch)
        {
            Mismatch(plan, plan.Item.Problem);
        }
    }

    private void Fill(ValuePlan plan, Schema writer, Schema reader)
    {
        if (SchemaMatch.Promotion(writer.Type, reader.Type) is { } promotion)
        {
            plan.Kind = promotion;
            return;
        }

        switch (writer, reader)
        {
            case (ArraySchema from, ArraySchema to):
                FillItems(plan, PlanKind.Array, from.Items, to.Items);
                break;
            case (MapSchema from, MapSchema to):
                FillItems(plan, PlanKind.Map, from.Values, to.Values);
                break;
            case (FixedSchema from, FixedSchema to) when from.Size == to.Size && SchemaMatch.Names(from, to):
                plan.Kind = PlanKind.Fixed;
                break;
            case (EnumSchema from, EnumSchema to) when SchemaMatch.Names(from, to):
                int fallback = to.Default is null ? -1 : to.IndexOf(to.Default);
                plan.Kind = PlanKind.Enum;
                plan.Symbols = from.Symbols.Select(s => to.IndexOf(s) is >= 0 and var index ? index : fallback).ToArray();
                break;
            case (RecordSchema from, RecordSchema to) when SchemaMatch.Names(from, to):
                FillRecord(plan, from, to);
                break;
            default:
                Mismatch(plan, $"The writer's {writer.FullName} cannot be read as {reader.FullName}");
                break;
        }
    }

    private void FillItems(ValuePlan plan, PlanKind kind, Schema writer, Schema reader)
    {
        plan.Kind = kind;
        using JsonPath.Scope scope = _path.Attribute(kind == PlanKind.Array ? "items" : "values");
        plan.Item = Plan(writer, reader);
        if (plan.Item.Kind == PlanKind.Mismatch)
        {
            Mismatch(plan, plan.Item.Problem);
        }
    }

    private void FillRecord(ValuePlan plan, RecordSchema writer, RecordSchema reader)
    {
        plan.Kind = PlanKind.Record;
        var steps = new List<FieldStep>(writer.FieldArray.Length);
        RecordField?[] sources = SchemaMatch.SourcesOf(reader, writer);
        Dictionary<RecordField, RecordField> targets = reader.FieldArray
            .Where(field => sources[field.Position] is not null).ToDictionary(field => sources[field.Position]!);
        foreach (RecordField from in writer.FieldArray)
        {
            if (!targets.TryGetValue(from, out RecordField? to))
            {
                steps.Add(new FieldStep(-1, null, from.Type, null));
                continue;
            }

            ValuePlan value = Plan(from.Type, to.Type);
            if (value.Kind == PlanKind.Mismatch)
            {
                Mismatch(plan, $"Field '{to.Name}': {value.Problem}");
                return;
            }

            steps.Add(new FieldStep(to.Position, value, null, null));
        }

        foreach (RecordField missing in reader.FieldArray.Where(field => sources[field.Position] is null))
        {
            if (!missing.HasDefault)
            {
                Mismatch(plan, $"Field '{missing.Name}' of {reader.FullName} was not written and has no default");
                return;
            }

            steps.Add(new FieldStep(
                missing.Position, Plan(missing.Type, missing.Type), null, missing.DefaultBytes.ToArray()));
        }

        plan.StepArray = [.. steps];
    }

    private static void Mismatch(ValuePlan plan, string problem)
    {
        plan.Kind = PlanKind.Mismatch;
        plan.Problem = problem;
    }
}

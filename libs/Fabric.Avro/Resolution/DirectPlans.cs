namespace Fabric.Avro;

/// <summary>Finds the plans that change nothing: same bytes, same meaning, down to the leaves.</summary>
internal static class DirectPlans
{
    /// <summary>Marks them. All plans of one compilation must be given, children after their parents where types allow it.</summary>
    public static void Mark(ValuePlan[] plans)
    {
        // Recursive types are direct unless something in them is not: begin with what each says of itself, then take back.
        foreach (ValuePlan plan in plans)
        {
            plan.IsDirect = IsDirectItself(plan);
        }

        for (bool changed = true; changed;)
        {
            changed = false;
            for (int i = plans.Length - 1; i >= 0; i--)
            {
                if (plans[i].IsDirect && !ChildrenAreDirect(plans[i]))
                {
                    plans[i].IsDirect = false;
                    changed = true;
                }
            }
        }
    }

    private static bool IsDirectItself(ValuePlan plan) => plan.Kind switch
    {
        <= PlanKind.Fixed or PlanKind.Array or PlanKind.Map or PlanKind.IntToLong => true,
        PlanKind.Enum => plan.Symbols.Length == ((EnumSchema)plan.Reader).Symbols.Count && IsIdentity(plan.Symbols),
        PlanKind.Record => IsIdentity(plan.StepArray, (RecordSchema)plan.Reader),
        PlanKind.WriterUnion => plan.Reader is UnionSchema union && IsIdentity(plan.Branches, union),
        _ => false,
    };

    private static bool ChildrenAreDirect(ValuePlan plan) => plan.Kind switch
    {
        PlanKind.Array or PlanKind.Map => plan.Item.IsDirect,
        PlanKind.Record => Array.TrueForAll(plan.StepArray, step => step.Plan.IsDirect),
        PlanKind.WriterUnion => Array.TrueForAll(plan.Branches, branch => branch.Item.IsDirect),
        _ => true,
    };

    private static bool IsIdentity(int[] symbols)
    {
        for (int i = 0; i < symbols.Length; i++)
        {
            if (symbols[i] != i)
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsIdentity(FieldStep[] steps, RecordSchema reader)
    {
        for (int i = 0; i < steps.Length; i++)
        {
            if (steps[i].Field != i || steps[i].Default is not null)
            {
                return false;
            }
        }

        return steps.Length == reader.FieldArray.Length;
    }

    private static bool IsIdentity(ValuePlan[] branches, UnionSchema reader)
    {
        for (int i = 0; i < branches.Length; i++)
        {
            if (branches[i].Kind != PlanKind.ReaderUnion || branches[i].Branch != i)
            {
                return false;
            }
        }

        return branches.Length == reader.BranchArray.Length;
    }
}

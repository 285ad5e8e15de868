using System.Text;
using Fabric.Core.Columns;

namespace Fabric.Avro;

/// <summary>Compiles <see cref="ColumnPlan"/>s: walks the writer's schema in wire order, with the paths that still want something.</summary>
internal sealed class ColumnPlanCompiler
{
    /// <summary>Maps inside maps that one path may go through.</summary>
    public const int MapDepthMax = 8;

    private const int ExplodeColumn = -1;

    private readonly ColumnMapping _mapping;
    private readonly string[][] _paths;
    private readonly string[] _explode;
    private readonly List<ColumnOp> _ops = [];
    private readonly List<int> _jumps = [];
    private readonly bool[] _always;
    private readonly bool[] _stashed;
    private int _conditions;
    private int _maps;
    private bool _inElement;
    private bool _exploded;

    private ColumnPlanCompiler(ColumnMapping mapping)
    {
        _mapping = mapping;
        _paths = [.. mapping.Columns.Select(column => column.Path.Split('.'))];
        _explode = mapping.Explode?.Split('.') ?? [];
        _always = new bool[_paths.Length];
        _stashed = new bool[_paths.Length];
        _inElement = mapping.Explode is null;
    }

    public static ColumnPlan Compile(Schema writer, ColumnMapping mapping)
    {
        var compiler = new ColumnPlanCompiler(mapping);
        compiler.Value(writer, [.. compiler.AllWants()]);
        compiler.Emit(ColumnOpCode.End);
        compiler.CheckWhole(writer);
        return new ColumnPlan(
            writer, mapping, [.. compiler._ops], [.. compiler._jumps],
            index: compiler.ColumnsWhere(i => mapping.Columns[i].Path == ColumnMapping.IndexPath),
            shared: compiler.ColumnsWhere(i => compiler._stashed[i]),
            mayBeBehind: compiler.ColumnsWhere(i =>
                !compiler._stashed[i] && !compiler._always[i] && mapping.Columns[i].Path != ColumnMapping.IndexPath));
    }

    private IEnumerable<Want> AllWants()
    {
        for (int i = 0; i < _paths.Length; i++)
        {
            // Before the walk every column counts as the same in all rows; those found inside the array do not.
            _stashed[i] = _mapping.Explode is not null && _mapping.Columns[i].Path != ColumnMapping.IndexPath;
            if (_mapping.Columns[i].Path != ColumnMapping.IndexPath)
            {
                yield return new Want(i, 0);
            }
        }

        if (_mapping.Explode is not null)
        {
            yield return new Want(ExplodeColumn, 0);
        }
    }

    private int[] ColumnsWhere(Func<int, bool> condition) => [.. Enumerable.Range(0, _paths.Length).Where(condition)];

    private void CheckWhole(Schema writer)
    {
        if (_mapping.Explode is not null && !_exploded)
        {
            throw new AvroException(AvroErrors.Mapping,
                $"{writer.FullName} has no array at '{_mapping.Explode}' to make rows of", _mapping.Explode);
        }

        for (int i = 0; i < _paths.Length; i++)
        {
            ColumnSource column = _mapping.Columns[i];
            if (!column.Field.Nullable && !_always[i] && column.Path != ColumnMapping.IndexPath)
            {
                throw new AvroException(AvroErrors.Mapping,
                    $"Column '{column.Field.Name}' is not nullable, and {writer.FullName} does not always have a value for it",
                    column.Path);
            }
        }
    }

    private void Value(Schema schema, List<Want> wants)
    {
        StackGuard.Check();
        if (wants.Count == 0)
        {
            EmitSkip(schema);
            return;
        }

        if (schema is UnionSchema union)
        {
            Union(union, wants);
            return;
        }

        wants = wants.ConvertAll(want => SelectsSelf(want, schema) ? want.Next() : want);
        if (wants.Exists(want => want.Column == ExplodeColumn && IsLeaf(want)))
        {
            Explode(schema, wants);
            return;
        }

        List<Want> inner = wants.FindAll(want => !IsLeaf(want));
        List<Want> leaves = wants.FindAll(IsLeaf);
        if (schema is not (RecordSchema or MapSchema))
        {
            inner = inner.FindAll(want => schema is ArraySchema ? throw ThroughArray(want) : false);
        }

        int passes = leaves.Count + (inner.Count > 0 ? 1 : 0);
        if (passes == 0)
        {
            EmitSkip(schema);
            return;
        }

        if (passes > 1)
        {
            Emit(ColumnOpCode.Mark);
        }

        foreach (Want leaf in leaves)
        {
            EmitLeaf(schema, leaf.Column);
            if (--passes > 0)
            {
                Emit(ColumnOpCode.Rewind);
            }
        }

        if (inner.Count > 0)
        {
            Inside(schema, inner);
        }
    }

    private void Inside(Schema schema, List<Want> wants)
    {
        if (schema is MapSchema map)
        {
            Map(map, wants);
            return;
        }

        foreach (RecordField field in ((RecordSchema)schema).FieldArray)
        {
            Value(field.Type, wants.FindAll(want => Segment(want) == field.Name).ConvertAll(want => want.Next()));
        }
    }

    private void Union(UnionSchema union, List<Want> wants)
    {
        Schema[] branches = union.BranchArray;
        int table = _jumps.Count;
        _jumps.AddRange(new int[branches.Length]);
        Emit(ColumnOpCode.Union, a: table, b: branches.Length);
        var exits = new List<int>();
        bool always = branches.Length == 1;
        _conditions += always ? 0 : 1;
        for (int i = 0; i < branches.Length; i++)
        {
            _jumps[table + i] = _ops.Count;
            Value(branches[i], WantsOf(union, i, wants));
            exits.Add(Emit(ColumnOpCode.Jump));
        }

        _conditions -= always ? 0 : 1;
        exits.ForEach(exit => _ops[exit] = _ops[exit] with { A = _ops.Count });
    }

    private List<Want> WantsOf(UnionSchema union, int branch, List<Want> wants)
    {
        Schema schema = union.BranchArray[branch];
        var result = new List<Want>();
        foreach (Want want in wants)
        {
            int selected = IsLeaf(want) ? -1 : TypeSelector.Find(Segment(want), union.BranchArray);
            if (selected == branch)
            {
                result.Add(want.Next());
            }
            else if (selected < 0 && schema.Type != SchemaType.Null
                && (IsLeaf(want) || union.Optional is not null || schema is RecordSchema or MapSchema))
            {
                result.Add(want);
            }
        }

        return result;
    }

    private void Explode(Schema schema, List<Want> wants)
    {
        if (schema is not ArraySchema array || _maps > 0)
        {
            throw new AvroException(AvroErrors.Mapping,
                $"Rows are made of the elements of an array that is not inside a map; found {schema.FullName}", _mapping.Explode!);
        }

        _exploded = true;
        _inElement = true;
        int conditions = _conditions;
        _conditions = 0;
        int start = Emit(ColumnOpCode.ExplodeStart, b: array.Items.BytesMin);
        Value(array.Items, wants.FindAll(want => want.Column != ExplodeColumn));
        Emit(ColumnOpCode.ExplodeEnd, a: start + 1, b: array.Items.BytesMin);
        _ops[start] = _ops[start] with { A = _ops.Count };
        _conditions = conditions;
        _inElement = false;
    }

    private void Map(MapSchema map, List<Want> wants)
    {
        if (++_maps > MapDepthMax)
        {
            throw new AvroException(AvroErrors.Mapping, $"A path goes through more than {MapDepthMax} maps");
        }

        IGrouping<string, Want>[] keys = [.. wants.GroupBy(Segment, StringComparer.Ordinal)];
        int itemBytesMin = 1 + map.Values.BytesMin;
        int start = Emit(ColumnOpCode.MapStart, b: itemBytesMin);
        int table = _jumps.Count;
        _jumps.AddRange(new int[keys.Length + 1]);
        Emit(ColumnOpCode.MapKey, a: table, data: keys.Select(key => Encoding.UTF8.GetBytes(key.Key)).ToArray());
        var exits = new List<int>();
        _conditions++;
        for (int i = 0; i <= keys.Length; i++)
        {
            _jumps[table + i] = _ops.Count;
            if (i < keys.Length)
            {
                Emit(ColumnOpCode.Forget, data: keys[i].Select(want => want.Column).ToArray());
            }

            Value(map.Values, i < keys.Length ? keys[i].Select(want => want.Next()).ToList() : []);
            exits.Add(Emit(ColumnOpCode.Jump));
        }

        _conditions--;
        exits.ForEach(exit => _ops[exit] = _ops[exit] with { A = _ops.Count });
        Emit(ColumnOpCode.MapEnd, a: start + 1, b: itemBytesMin);
        _ops[start] = _ops[start] with { A = _ops.Count };
        _maps--;
    }

    private void EmitLeaf(Schema schema, int column)
    {
        ColumnField field = _mapping.Columns[column].Field;
        ColumnOpCode code = ColumnConversion.For(schema, field)
            ?? throw new AvroException(AvroErrors.Mapping,
                $"A {schema.FullName}{LogicalName(schema)} cannot be written to column '{field.Name}' of type {field.Type}",
                _mapping.Columns[column].Path);
        (int a, int b, object? data) = code switch
        {
            ColumnOpCode.Fixed => (((FixedSchema)schema).Size, 0, null),
            ColumnOpCode.Decimal => (schema is FixedSchema type ? type.Size : -1, field.Scale - schema.Logical.Scale, null),
            ColumnOpCode.IntegerToDecimal => (0, field.Scale, null),
            ColumnOpCode.Enum => (0, 0, Array.ConvertAll(((EnumSchema)schema).SymbolBytes, name => new EnumSymbol(name))),
            ColumnOpCode.JoinedText or ColumnOpCode.RenderedText => (0, 0, (object?)schema),
            _ => (0, 0, null),
        };
        _stashed[column] = !_inElement;
        _always[column] |= _conditions == 0;
        _ops.Add(new ColumnOp(_inElement ? Direct(code) : code, !_inElement, (short)column, a, b, data));
    }

    private static ColumnOpCode Direct(ColumnOpCode code) => code switch
    {
        ColumnOpCode.Boolean => ColumnOpCode.AppendBoolean,
        ColumnOpCode.Int32 => ColumnOpCode.AppendInt32,
        ColumnOpCode.Int64 => ColumnOpCode.AppendInt64,
        ColumnOpCode.Double => ColumnOpCode.AppendDouble,
        ColumnOpCode.Text => ColumnOpCode.AppendText,
        ColumnOpCode.Enum => ColumnOpCode.AppendEnum,
        _ => code,
    };

    private void EmitSkip(Schema schema)
    {
        switch (schema.Type)
        {
            case SchemaType.Null:
                break;
            case SchemaType.Int or SchemaType.Long:
                Emit(ColumnOpCode.SkipVarint);
                break;
            case SchemaType.Bytes or SchemaType.String:
                Emit(ColumnOpCode.SkipBytes);
                break;
            case SchemaType.Float:
                Emit(ColumnOpCode.SkipFixed, a: sizeof(float));
                break;
            case SchemaType.Double:
                Emit(ColumnOpCode.SkipFixed, a: sizeof(double));
                break;
            case SchemaType.Fixed:
                Emit(ColumnOpCode.SkipFixed, a: ((FixedSchema)schema).Size);
                break;
            default:
                Emit(ColumnOpCode.SkipValue, data: schema);
                break;
        }
    }

    private int Emit(ColumnOpCode code, int a = 0, int b = 0, object? data = null)
    {
        _ops.Add(new ColumnOp(code, false, 0, a, b, data));
        return _ops.Count - 1;
    }

    private string[] PathOf(Want want) => want.Column == ExplodeColumn ? _explode : _paths[want.Column];

    private bool IsLeaf(Want want) => want.Segment == PathOf(want).Length;

    private string Segment(Want want) => PathOf(want)[want.Segment];

    /// <summary>The path names the type where the writer has no union (any more): <c>value.double</c> on a plain double.</summary>
    private bool SelectsSelf(Want want, Schema schema) =>
        !IsLeaf(want)
        && schema is not MapSchema
        && !(schema is RecordSchema record && record.TryField(Segment(want), out _))
        && TypeSelector.Find(Segment(want), [schema]) == 0;

    private AvroException ThroughArray(Want want) => new(AvroErrors.Mapping,
        "The path goes through an array that is not exploded", string.Join('.', PathOf(want)));

    private static string LogicalName(Schema schema) =>
        schema.Logical.Kind == LogicalKind.None ? "" : $" ({schema.Logical.Kind})";

    /// <summary>A column whose path is not used up yet; Segment is the next name in it.</summary>
    private readonly record struct Want(int Column, int Segment)
    {
        public Want Next() => this with { Segment = Segment + 1 };
    }
}

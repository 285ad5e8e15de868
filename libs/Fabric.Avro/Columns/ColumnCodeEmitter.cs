using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using Fabric.Core.Columns;

namespace Fabric.Avro;

/// <summary>
/// Writes the operations of a plan out as one method: a call of <see cref="ColumnSteps"/> per operation, branches for unions
/// and loops. It means exactly what <see cref="ColumnExecutor"/> does with the same operations, without the dispatch.
/// </summary>
internal sealed class ColumnCodeEmitter
{
    private const BindingFlags Statics = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

    private readonly ColumnPlan _plan;
    private readonly ILGenerator _il;
    private readonly Label[] _labels;
    private readonly LocalBuilder _first;
    private readonly LocalBuilder _position;
    private readonly LocalBuilder _number;
    private readonly LocalBuilder _elements;
    private readonly LocalBuilder _mark;
    private readonly List<LocalBuilder> _entries = [];
    private int _maps = -1;

    private ColumnCodeEmitter(ColumnPlan plan, ILGenerator il)
    {
        _plan = plan;
        _il = il;
        _labels = Array.ConvertAll(plan.Operations, _ => il.DefineLabel());
        _first = il.DeclareLocal(typeof(Column).MakeByRefType());
        _position = il.DeclareLocal(typeof(int));
        _number = il.DeclareLocal(typeof(int));
        _elements = il.DeclareLocal(typeof(int));
        _mark = il.DeclareLocal(typeof(int));
    }

    /// <summary>The method; null where code cannot be made at run time.</summary>
    public static ColumnCode? Emit(ColumnPlan plan)
    {
        if (!RuntimeFeature.IsDynamicCodeCompiled)
        {
            return null;
        }

        var method = new DynamicMethod("DecodeIntoColumns", typeof(int),
            [typeof(ColumnPlan), typeof(byte).MakeByRefType(), typeof(int), typeof(ColumnTarget), typeof(int)],
            typeof(ColumnSteps).Module, skipVisibility: true);
        new ColumnCodeEmitter(plan, method.GetILGenerator()).EmitAll();
        return method.CreateDelegate<ColumnCode>(plan);
    }

    private void EmitAll()
    {
        _il.Emit(OpCodes.Ldarg_3);
        _il.Emit(OpCodes.Call, typeof(ColumnTarget).GetProperty("First", BindingFlags.Instance | BindingFlags.NonPublic)!.GetMethod!);
        _il.Emit(OpCodes.Stloc, _first);
        for (int i = 0; i < _plan.Operations.Length; i++)
        {
            _il.MarkLabel(_labels[i]);
            EmitOperation(i, _plan.Operations[i]);
        }
    }

    private void EmitOperation(int index, ColumnOp op)
    {
        switch (op.Code)
        {
            case ColumnOpCode.End:
                EmitEnd();
                break;
            case ColumnOpCode.Jump:
                _il.Emit(OpCodes.Br, _labels[op.A]);
                break;
            case ColumnOpCode.Union:
                Step("Union", () => _il.Emit(OpCodes.Ldc_I4, op.B), _number);
                _il.Emit(OpCodes.Ldloc, _number);
                _il.Emit(OpCodes.Switch, _plan.Jumps.AsSpan(op.A, op.B).ToArray().Select(at => _labels[at]).ToArray());
                break;
            case ColumnOpCode.ExplodeStart:
                EmitBlock(op.B, _elements);
                _il.Emit(OpCodes.Ldloc, _elements);
                _il.Emit(OpCodes.Brfalse, _labels[op.A]);
                break;
            case ColumnOpCode.ExplodeEnd:
                _il.Emit(OpCodes.Ldarg, 4);
                _il.Emit(OpCodes.Ldc_I4_1);
                _il.Emit(OpCodes.Add);
                _il.Emit(OpCodes.Starg, 4);
                EmitNext(_elements, op);
                break;
            case ColumnOpCode.MapStart:
                EmitMapStart(op);
                break;
            case ColumnOpCode.MapKey:
                byte[][] keys = (byte[][])op.Data!;
                Step("MapKey", () => Data(index), _number);
                _il.Emit(OpCodes.Ldloc, _number);
                _il.Emit(OpCodes.Switch, _plan.Jumps.AsSpan(op.A, keys.Length + 1).ToArray().Select(at => _labels[at]).ToArray());
                break;
            case ColumnOpCode.Forget:
                _il.Emit(OpCodes.Ldarg_3);
                Data(index);
                _il.Emit(OpCodes.Ldarg, 4);
                _il.Emit(OpCodes.Call, typeof(ColumnExecutor).GetMethod("Forget", Statics)!);
                break;
            case ColumnOpCode.MapEnd:
                EmitNext(_entries[_maps--], op);
                break;
            default:
                EmitValue(index, op);
                break;
        }
    }

    private void EmitValue(int index, ColumnOp op)
    {
        switch (op.Code)
        {
            case ColumnOpCode.Mark:
                _il.Emit(OpCodes.Ldloc, _position);
                _il.Emit(OpCodes.Stloc, _mark);
                break;
            case ColumnOpCode.Rewind:
                _il.Emit(OpCodes.Ldloc, _mark);
                _il.Emit(OpCodes.Stloc, _position);
                break;
            case ColumnOpCode.SkipVarint:
                Step("SkipVarint");
                break;
            case ColumnOpCode.SkipBytes:
                Step("SkipBytes");
                break;
            case ColumnOpCode.SkipFixed:
                Step("SkipFixed", () => _il.Emit(OpCodes.Ldc_I4, op.A));
                break;
            case ColumnOpCode.AppendBoolean:
                Step("Boolean", () => ColumnAndRow(op));
                break;
            case ColumnOpCode.AppendInt32:
                Step("Int32", () => ColumnAndRow(op));
                break;
            case ColumnOpCode.AppendInt64:
                Step("Int64", () => ColumnAndRow(op));
                break;
            case ColumnOpCode.AppendDouble:
                Step("Double", () => ColumnAndRow(op));
                break;
            case ColumnOpCode.AppendText:
                Step("Text", () => ColumnAndRow(op));
                break;
            case ColumnOpCode.AppendEnum:
                Step("Enum", () =>
                {
                    ColumnAndRow(op);
                    Data(index);
                });
                break;
            default:
                Step("Other", () =>
                {
                    _il.Emit(OpCodes.Ldarg_3);
                    _il.Emit(OpCodes.Ldarg, 4);
                    _il.Emit(OpCodes.Ldarg_0);
                    _il.Emit(OpCodes.Ldc_I4, index);
                });
                break;
        }
    }

    private void EmitEnd()
    {
        _il.Emit(OpCodes.Ldarg_1);
        _il.Emit(OpCodes.Ldarg_2);
        _il.Emit(OpCodes.Ldloc, _position);
        _il.Emit(OpCodes.Call, typeof(ColumnSteps).GetMethod("ExpectEnd", Statics)!);
        _il.Emit(OpCodes.Ldarg, 4);
        _il.Emit(_plan.Explodes ? OpCodes.Ldc_I4_0 : OpCodes.Ldc_I4_1);
        _il.Emit(OpCodes.Add);
        _il.Emit(OpCodes.Ret);
    }

    private void EmitMapStart(ColumnOp op)
    {
        if (++_maps == _entries.Count)
        {
            _entries.Add(_il.DeclareLocal(typeof(int)));
        }

        EmitBlock(op.B, _entries[_maps]);
        _il.Emit(OpCodes.Ldloc, _entries[_maps]);
        _il.Emit(OpCodes.Brfalse, _labels[op.A]);
    }

    /// <summary>One less is left; go on at A while there are any, or when another block begins.</summary>
    private void EmitNext(LocalBuilder left, ColumnOp op)
    {
        _il.Emit(OpCodes.Ldloc, left);
        _il.Emit(OpCodes.Ldc_I4_1);
        _il.Emit(OpCodes.Sub);
        _il.Emit(OpCodes.Stloc, left);
        _il.Emit(OpCodes.Ldloc, left);
        _il.Emit(OpCodes.Brtrue, _labels[op.A]);
        EmitBlock(op.B, left);
        _il.Emit(OpCodes.Ldloc, left);
        _il.Emit(OpCodes.Brtrue, _labels[op.A]);
    }

    private void EmitBlock(int itemBytesMin, LocalBuilder count) => Step("Block", () =>
    {
        _il.Emit(OpCodes.Ldarg_3);
        _il.Emit(OpCodes.Ldc_I4, itemBytesMin);
    }, count);

    /// <summary>position = ColumnSteps.METHOD(ref data, length, position, ARGUMENTS, out RESULT)</summary>
    private void Step(string method, Action? arguments = null, LocalBuilder? result = null)
    {
        _il.Emit(OpCodes.Ldarg_1);
        _il.Emit(OpCodes.Ldarg_2);
        _il.Emit(OpCodes.Ldloc, _position);
        arguments?.Invoke();
        if (result is not null)
        {
            _il.Emit(OpCodes.Ldloca, result);
        }

        _il.Emit(OpCodes.Call, typeof(ColumnSteps).GetMethod(method, Statics)!);
        _il.Emit(OpCodes.Stloc, _position);
    }

    private void ColumnAndRow(ColumnOp op)
    {
        // No cast: the target has checked that each column is of its field's type, and the compiler that the type fits. Not kept
        // in a local either: there are more columns than registers.
        _il.Emit(OpCodes.Ldloc, _first);
        _il.Emit(OpCodes.Ldc_I4, op.Column * IntPtr.Size);
        _il.Emit(OpCodes.Add);
        _il.Emit(OpCodes.Ldind_Ref);
        _il.Emit(OpCodes.Ldarg, 4);
    }

    /// <summary>The operation's data, which are an array of keys, symbols or columns.</summary>
    private void Data(int operation)
    {
        _il.Emit(OpCodes.Ldarg_0);
        _il.Emit(OpCodes.Ldc_I4, operation);
        _il.Emit(OpCodes.Call, typeof(ColumnCodeEmitter).GetMethod("DataOf", Statics)!
            .MakeGenericMethod(_plan.Operations[operation].Data!.GetType()));
    }

    private static T DataOf<T>(ColumnPlan plan, int operation)
        where T : class => Unsafe.As<T>(plan.Operations[operation].Data!);
}

using System.Buffers;
using System.Buffers.Binary;

namespace Fabric.DuckDb.Parquet;

/// <summary>Writes what <see cref="ThriftReader"/> reads.</summary>
internal static class ThriftWriter
{
    public static void WriteStruct(ThriftValue value, IBufferWriter<byte> output)
    {
        short last = 0;
        foreach ((short id, ThriftValue field) in value.Fields)
        {
            int delta = id - last;
            if (delta is >= 1 and <= 15)
            {
                WriteByte((byte)(delta << 4 | (int)field.Type), output);
            }
            else
            {
                WriteByte((byte)field.Type, output);
                WriteZigZag(id, output);
            }

            if (field.Type is not (ThriftType.True or ThriftType.False))
            {
                WriteValue(field, output);
            }

            last = id;
        }

        WriteByte((byte)ThriftType.Stop, output);
    }

    private static void WriteValue(ThriftValue value, IBufferWriter<byte> output)
    {
        switch (value.Type)
        {
            case ThriftType.True or ThriftType.False:
                WriteByte((byte)value.Type, output);
                break;
            case ThriftType.Byte:
                WriteByte((byte)value.Integer, output);
                break;
            case ThriftType.Int16 or ThriftType.Int32 or ThriftType.Int64:
                WriteZigZag(value.Integer, output);
                break;
            case ThriftType.Double:
                BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(8), value.Integer);
                output.Advance(8);
                break;
            case ThriftType.Binary:
                WriteVarint((ulong)value.Bytes.Length, output);
                output.Write(value.Bytes);
                break;
            case ThriftType.List or ThriftType.Set:
                WriteList(value, output);
                break;
            default:
                WriteStruct(value, output);
                break;
        }
    }

    private static void WriteList(ThriftValue list, IBufferWriter<byte> output)
    {
        if (list.Items.Count < 15)
        {
            WriteByte((byte)(list.Items.Count << 4 | (int)list.ItemType), output);
        }
        else
        {
            WriteByte((byte)(0xF0 | (int)list.ItemType), output);
            WriteVarint((ulong)list.Items.Count, output);
        }

        foreach (ThriftValue item in list.Items)
        {
            WriteValue(item, output);
        }
    }

    private static void WriteByte(byte value, IBufferWriter<byte> output)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    private static void WriteZigZag(long value, IBufferWriter<byte> output) =>
        WriteVarint((ulong)(value << 1) ^ (ulong)(value >> 63), output);

    private static void WriteVarint(ulong value, IBufferWriter<byte> output)
    {
        while (value >= 0x80)
        {
            WriteByte((byte)(value | 0x80), output);
            value >>= 7;
        }

        WriteByte((byte)value, output);
    }
}

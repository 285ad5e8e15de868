using System.Runtime.Intrinsics;
using Fabric.Core.Columns;

namespace Fabric.Avro;

/// <summary>One symbol of an enum as columns take it: its UTF-8, and as a vector where it is short.</summary>
internal readonly struct EnumSymbol
{
    public EnumSymbol(byte[] name)
    {
        Name = name;
        Length = name.Length;
        if (Length <= BytesColumn.ShortMax)
        {
            Span<byte> padded = stackalloc byte[BytesColumn.ShortMax];
            padded.Clear();
            name.CopyTo(padded);
            Bytes = Vector256.Create<byte>(padded);
        }
    }

    public byte[] Name { get; }

    public int Length { get; }

    /// <summary>The name, padded with zeros; nothing when it is longer than <see cref="BytesColumn.ShortMax"/>.</summary>
    public Vector256<byte> Bytes { get; }
}

using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Numerics;

namespace Fabric.Avro;

/// <summary>
/// Values with no parts as text, by what they mean: dates, times and timestamps in ISO 8601 (a plain number when the year is
/// not 1..9999), durations as <c>P1M2DT3.004S</c>, decimals in plain notation, bytes in base64.
/// </summary>
internal static class ScalarText
{
    private const int CharsMax = 64;
    private static readonly long EpochTicks = DateTime.UnixEpoch.Ticks;

    public static void Append(ref AvroReader reader, Schema schema, AvroBuffer into)
    {
        switch (schema.Type)
        {
            case SchemaType.Null:
                break;
            case SchemaType.Boolean:
                Raw(reader.ReadBoolean() ? "true"u8 : "false"u8, into);
                break;
            case SchemaType.Int:
                Number(reader.ReadInt(), schema.Logical.Kind, into);
                break;
            case SchemaType.Long:
                Number(reader.ReadLong(), schema.Logical.Kind, into);
                break;
            case SchemaType.Float:
                Formatted(reader.ReadFloat(), "", into);
                break;
            case SchemaType.Double:
                Formatted(reader.ReadDouble(), "", into);
                break;
            case SchemaType.String:
                Raw(reader.ReadUtf8(), into);
                break;
            case SchemaType.Enum:
                byte[][] symbols = ((EnumSchema)schema).SymbolBytes;
                Raw(symbols[reader.ReadEnum(symbols.Length)], into);
                break;
            case SchemaType.Bytes:
                Bytes(reader.ReadBytes(), schema.Logical, into);
                break;
            case SchemaType.Fixed:
                Bytes(reader.ReadFixed(((FixedSchema)schema).Size), schema.Logical, into);
                break;
            default:
                throw new ArgumentException($"A {schema.FullName} has parts", nameof(schema));
        }
    }

    private static void Number(long value, LogicalKind kind, AvroBuffer into)
    {
        Int128 nanos = kind switch
        {
            LogicalKind.Date => (Int128)value * (TimeSpan.NanosecondsPerTick * TimeSpan.TicksPerDay),
            LogicalKind.TimeMillis or LogicalKind.TimestampMillis or LogicalKind.LocalTimestampMillis => (Int128)value * 1_000_000,
            LogicalKind.TimeMicros or LogicalKind.TimestampMicros or LogicalKind.LocalTimestampMicros => (Int128)value * 1_000,
            _ => value,
        };
        string format = kind switch
        {
            LogicalKind.Date => "yyyy-MM-dd",
            LogicalKind.TimeMillis => "HH:mm:ss.fff",
            LogicalKind.TimeMicros => "HH:mm:ss.ffffff",
            LogicalKind.TimestampMillis or LogicalKind.LocalTimestampMillis => "yyyy-MM-ddTHH:mm:ss.fff",
            LogicalKind.TimestampMicros or LogicalKind.LocalTimestampMicros or LogicalKind.TimestampNanos
                or LogicalKind.LocalTimestampNanos => "yyyy-MM-ddTHH:mm:ss.ffffff",
            _ => "",
        };
        (Int128 ticks, Int128 rest) = Int128.DivRem(nanos, TimeSpan.NanosecondsPerTick);
        if (rest < 0)
        {
            ticks--;
            rest += TimeSpan.NanosecondsPerTick;
        }

        ticks += EpochTicks;
        if (format.Length == 0 || ticks < 0 || ticks > DateTime.MaxValue.Ticks)
        {
            Formatted(value, "", into);
            return;
        }

        var moment = new DateTime((long)ticks, DateTimeKind.Unspecified);
        Formatted(moment, format, into);
        if (kind is LogicalKind.TimestampNanos or LogicalKind.LocalTimestampNanos)
        {
            Formatted((int)((long)ticks % 10 * TimeSpan.NanosecondsPerTick) + (int)rest, "D3", into);
        }

        if (kind is LogicalKind.TimestampMillis or LogicalKind.TimestampMicros or LogicalKind.TimestampNanos)
        {
            Raw("Z"u8, into);
        }
    }

    private static void Bytes(ReadOnlySpan<byte> value, LogicalType logical, AvroBuffer into)
    {
        switch (logical.Kind)
        {
            case LogicalKind.Decimal:
                Decimal(value, logical.Scale, into);
                break;
            case LogicalKind.Uuid:
                Formatted(new Guid(value, bigEndian: true), "D", into);
                break;
            case LogicalKind.Duration:
                Duration(value, into);
                break;
            default:
                Span<byte> target = into.GetSpan(Base64.GetMaxEncodedToUtf8Length(value.Length) + 1);
                Base64.EncodeToUtf8(value, target, out _, out int written);
                into.Advance(written);
                break;
        }
    }

    private static void Decimal(ReadOnlySpan<byte> value, int scale, AvroBuffer into)
    {
        // Beyond 128 bits a big integer is made: rare, and the one place here that allocates.
        string? large = DecimalBytes.TryRead(value, out Int128 unscaled)
            ? null
            : new BigInteger(value, isBigEndian: true).ToString(CultureInfo.InvariantCulture);
        Span<char> digits = large is null ? stackalloc char[CharsMax] : large.ToCharArray();
        int count = digits.Length;
        if (large is null)
        {
            unscaled.TryFormat(digits, out count, provider: CultureInfo.InvariantCulture);
        }

        ReadOnlySpan<char> text = digits[..count];
        if (text[0] == '-')
        {
            Raw("-"u8, into);
            text = text[1..];
        }

        int whole = Math.Max(text.Length - scale, 0);
        Ascii(whole == 0 ? "0" : text[..whole], into);
        if (scale > 0)
        {
            Raw("."u8, into);
            for (int zeros = scale - text.Length; zeros > 0; zeros--)
            {
                Raw("0"u8, into);
            }

            Ascii(text[whole..], into);
        }
    }

    private static void Duration(ReadOnlySpan<byte> value, AvroBuffer into)
    {
        uint millis = BinaryPrimitives.ReadUInt32LittleEndian(value[8..]);
        Raw("P"u8, into);
        Formatted(BinaryPrimitives.ReadUInt32LittleEndian(value), "", into);
        Raw("M"u8, into);
        Formatted(BinaryPrimitives.ReadUInt32LittleEndian(value[4..]), "", into);
        Raw("DT"u8, into);
        Formatted(millis / 1000, "", into);
        Raw("."u8, into);
        Formatted(millis % 1000, "D3", into);
        Raw("S"u8, into);
    }

    private static void Formatted<T>(T value, string format, AvroBuffer into)
        where T : IUtf8SpanFormattable
    {
        value.TryFormat(into.GetSpan(CharsMax), out int written, format, CultureInfo.InvariantCulture);
        into.Advance(written);
    }

    private static void Ascii(ReadOnlySpan<char> text, AvroBuffer into)
    {
        System.Text.Ascii.FromUtf16(text, into.GetSpan(text.Length + 1), out int written);
        into.Advance(written);
    }

    private static void Raw(ReadOnlySpan<byte> text, AvroBuffer into) => into.Write(text);
}

namespace Fabric.Avro;

/// <summary>
/// One Avro type. Immutable once <see cref="Parse(string)"/> has returned it, and safe to share between threads. Compare by
/// <see cref="CanonicalForm"/> or <see cref="Fingerprint"/>; equality of references says less.
/// </summary>
public abstract class Schema
{
    private static readonly IReadOnlyDictionary<string, string> NoProperties = new Dictionary<string, string>();

    private string? _canonicalForm;
    private long? _fingerprint;
    private int _bytesMin = -1;

    private protected Schema(IReadOnlyDictionary<string, string>? properties, LogicalType logical)
    {
        Properties = properties ?? NoProperties;
        Logical = logical;
    }

    public abstract SchemaType Type { get; }

    /// <summary>What values mean beyond their type; kind None when nothing valid was said.</summary>
    public LogicalType Logical { get; }

    /// <summary>Attributes the specification does not reserve (logicalType among them), name to raw JSON, in the order of the text.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; }

    /// <summary>The fullname of a named type, the kind's name otherwise: how a union branch is named.</summary>
    public virtual string FullName => NameOf(Type);

    /// <summary>Parsing Canonical Form (Avro 1.12, "Transforming into Parsing Canonical Form").</summary>
    public string CanonicalForm => _canonicalForm ??= Avro.CanonicalForm.Of(this);

    /// <summary>CRC-64-AVRO of the canonical form.</summary>
    public long Fingerprint => _fingerprint ??= SchemaFingerprint.Crc64(CanonicalForm);

    /// <summary>The fewest bytes a value takes, a lower bound for recursive types: what bounds block counts.</summary>
    internal int BytesMin => _bytesMin >= 0 ? _bytesMin : _bytesMin = SchemaBytes.Min(this);

    /// <summary>Parses a schema from JSON.</summary>
    /// <exception cref="AvroException">The text is no schema, or passes a limit; the path names the place.</exception>
    public static Schema Parse(string json) => SchemaParser.Parse(json, []);

    /// <summary>Parses a schema that may use named types which other schemas define (registry references).</summary>
    /// <param name="json">JSON text.</param>
    /// <param name="references">Schemas whose named types, at any depth, may be used by name.</param>
    /// <exception cref="AvroException">The text is no schema, or passes a limit; the path names the place.</exception>
    public static Schema Parse(string json, IEnumerable<Schema> references) => SchemaParser.Parse(json, references);

    /// <summary>
    /// The schema as compact JSON with everything that was said: docs, aliases, defaults, order, properties. The text is the one
    /// that Java's <c>Schema.toString()</c> gives.
    /// </summary>
    public string ToJson() => SchemaJsonWriter.Write(this, normalized: false, []);

    /// <summary>As <see cref="ToJson()"/>, with the types of other schemas used by name: what <see cref="Parse(string, IEnumerable{Schema})"/> reads.</summary>
    public string ToJson(IEnumerable<Schema> references) => SchemaJsonWriter.Write(this, normalized: false, references);

    /// <summary>
    /// The text a registry stores under <c>normalize=true</c>: everything kept, attributes in a fixed order, names in full,
    /// properties sorted; two texts that mean the same become equal.
    /// </summary>
    public string Normalize() => SchemaJsonWriter.Write(this, normalized: true, []);

    /// <summary>As <see cref="Normalize()"/>, with the types of other schemas used by name.</summary>
    public string Normalize(IEnumerable<Schema> references) => SchemaJsonWriter.Write(this, normalized: true, references);

    /// <summary>The compact JSON.</summary>
    public override string ToString() => ToJson();

    internal static string NameOf(SchemaType type) => type switch
    {
        SchemaType.Null => "null",
        SchemaType.Boolean => "boolean",
        SchemaType.Int => "int",
        SchemaType.Long => "long",
        SchemaType.Float => "float",
        SchemaType.Double => "double",
        SchemaType.Bytes => "bytes",
        SchemaType.String => "string",
        SchemaType.Record => "record",
        SchemaType.Enum => "enum",
        SchemaType.Array => "array",
        SchemaType.Map => "map",
        SchemaType.Union => "union",
        SchemaType.Fixed => "fixed",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };
}
